/// What part of a file a `Range` header asks for (RFC 9110, section 14).
public enum ByteRange: Sendable, Hashable {
    /// All of it: there is no such header, or none that is understood, as the standard has it.
    case whole
    /// This part; never empty.
    case part(Range<Int>)
    /// Nothing that the file has.
    case unsatisfiable

    /// Reads the header.
    ///
    /// - Parameters:
    ///   - header: Its value. Of several ranges none is given: the whole is a right answer to them too.
    ///   - size: The file's size in bytes.
    public init(_ header: String?, of size: Int) {
        guard let header, header.hasPrefix("bytes=") else {
            self = .whole
            return
        }
        let ends = header.dropFirst("bytes=".count).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]) else {
            self = .whole
            return
        }
        self = Self.between(first, last, of: size)
    }

    private static func between(_ first: Int?, _ last: Int?, of size: Int) -> ByteRange {
        switch (first, last) {
        case (nil, nil): .whole
        case (nil, let count?): count > 0 && size > 0 ? .part(max(0, size - count)..<size) : .unsatisfiable
        case (let first?, let last?) where last < first: .whole
        case (let first?, let last):
            first < size ? .part(first..<(min(last ?? size - 1, size - 1) + 1)) : .unsatisfiable
        }
    }

    /// An end of a range: `.some(nil)` where there is none, nothing where it is no number.
    private static func number(_ text: Substring) -> Int?? {
        guard !text.isEmpty else { return .some(nil) }
        guard text.utf8.count <= 18, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    /// The first byte that an answer says it begins with, and the size of the whole, by its `Content-Range` header.
    ///
    /// - Parameter header: `bytes 5-9/10`, say.
    /// - Returns: Both, or nothing where the header is not of that form.
    public static func content(_ header: String?) -> (first: Int, size: Int)? {
        guard let header, header.hasPrefix("bytes ") else { return nil }
        let parts = header.dropFirst("bytes ".count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, case let size?? = number(parts[1]) else { return nil }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, case let first?? = number(ends[0]), case let last?? = number(ends[1]),
            first <= last, last < size
        else { return nil }
        return (first, size)
    }
}
