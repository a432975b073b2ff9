import Glibc

/// Writing to the terminal. Text that came from elsewhere loses its control characters, so that no guest can move the
/// cursor of whoever looks at its output; where programs read it, it keeps them, in the notation of its language.
enum Terminal {
    /// Writes lines to standard output.
    static func write(_ text: String) { put(ended(clean(text)), to: STDOUT_FILENO) }

    /// Writes a document to standard output. Nothing is left out of it.
    static func write(_ document: String, as notation: Notation) {
        put(ended(notation.harmless(document)), to: STDOUT_FILENO)
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

    private static func ended(_ text: String) -> String { text.hasSuffix("\n") || text.isEmpty ? text : text + "\n" }

    /// The exit code where an answer cannot be written.
    private static let outputFailed: Int32 = 74

    /// Writes all of a text. A reader that has gone is not an error of ours; an answer that is not written is one.
    private static func put(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            let code = written < 0 ? errno : 0
            switch code {
            case 0: bytes = bytes.dropFirst(written)
            case EINTR: continue
            case EAGAIN: wait(for: descriptor)
            case EPIPE: return
            default:
                guard descriptor == STDOUT_FILENO else { return }
                complain("standard output cannot be written: \(String(cString: strerror(code)))")
                exit(outputFailed)
            }
        }
    }

    /// Waits until a descriptor that does not block takes more.
    private static func wait(for descriptor: Int32) {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&request, 1, -1)
    }
}

extension Terminal {
    /// How a language writes a character that is better not written as it is.
    enum Notation {
        case json, xml

        /// The document with each harmful character in this notation. In documents of ours they occur in texts only,
        /// where that means the same.
        func harmless(_ document: String) -> String {
            guard document.unicodeScalars.contains(where: \.isHarmful) else { return document }
            return document.unicodeScalars.reduce(into: "") { text, scalar in
                if scalar.isHarmful { text += form(of: scalar) } else { text.unicodeScalars.append(scalar) }
            }
        }

        // All of them lie below U+FFFF, so four digits do.
        private func form(of scalar: Unicode.Scalar) -> String {
            let digits = String(scalar.value, radix: 16, uppercase: true)
            return switch self {
            case .json: "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            case .xml: "&#x" + digits + ";"
            }
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
