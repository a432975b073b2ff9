/// The list of images that others made: `index.txt`, one absolute path of a manifest a line.
///
/// Blank lines and those that begin with `#` are passed over. What else is wrong with a line concerns this line only.
enum IndexFile {
    /// The largest `index.txt` that is read, in bytes.
    static let maximumBytes = 1 << 20

    /// A line that names something.
    struct Line: Sendable, Hashable {
        /// The line's number, from 1.
        let number: Int
        /// What it says, without spaces around.
        let text: String
    }

    /// The lines that name something, in order.
    static func lines(in bytes: [UInt8]) -> [Line] {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        let content = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
        return content.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            let isSpace: (UInt8) -> Bool = { [0x20, 0x09, 0x0d].contains($0) }
            let text = line.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
            guard let first = text.first, first != 0x23 else { return nil }
            return Line(number: index + 1, text: String(decoding: Array(text), as: UTF8.self))
        }
    }
}
