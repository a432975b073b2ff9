import Glibc

/// Writing to the terminal. Text that came from elsewhere loses its control characters, so that no guest can move the
/// cursor of whoever looks at its output.
enum Terminal {
    /// Writes lines to standard output.
    static func write(_ text: String) {
        put(clean(text) + (text.hasSuffix("\n") || text.isEmpty ? "" : "\n"), to: STDOUT_FILENO)
    }

    /// Writes a line of progress to standard error.
    static func note(_ text: String) { put(clean(text) + "\n", to: STDERR_FILENO) }

    /// Says on standard error what went wrong.
    static func complain(_ text: String) { note("error: " + text) }

    /// The text without control characters other than line ends and tabs, and without those that turn the direction of
    /// writing, by which a text can be made to read as another.
    static func clean(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { !$0.isHarmful }))
    }

    /// Writes all of a text; a reader that has gone is not an error of ours.
    private static func put(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 || errno == EINTR else { return }
            bytes = bytes.dropFirst(max(0, written))
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isHarmful: Bool {
        switch self {
        case "\n", "\t": false
        case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}", "\u{2028}", "\u{2029}": true
        default: properties.generalCategory == .control
        }
    }
}
