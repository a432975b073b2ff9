/// How far somebody has read a ``ChangeLog``.
struct ChangeReader: Sendable, Hashable {
    /// What there is to look at.
    enum Reading: Sendable, Hashable {
        /// These images, and no other.
        case names(Set<String>)
        /// All of them: the file is another one than the one that was read.
        case everything
    }

    /// The last line that was read, and where it begins; nothing when there was no file.
    private(set) var last: Place?
    /// The names on which work has begun and not ended.
    private(set) var open: Set<String> = []

    /// A line and where it is.
    struct Place: Sendable, Hashable {
        var offset: Int
        var text: [UInt8]
    }

    /// Somebody who has read nothing.
    init() {}

    /// Somebody who goes on where another stopped.
    init(last: Place?, open: Set<String>) {
        self.last = last
        self.open = open
    }

    /// Reads on. What is to be looked at must be looked at after this call, not before.
    ///
    /// - Throws: ``WarehouseError`` when the file cannot be read. Nothing was read then.
    mutating func read(_ log: ChangeLog) throws(WarehouseError) -> Reading {
        guard let file = try Self.file(log) else {
            // Where there never was a file, nobody writes one. One that has gone is another one.
            defer { self = ChangeReader() }
            return self.last == nil ? .names(self.open) : .everything
        }
        let size = try file.regularFileSize()
        guard size <= ChangeLog.maximumBytes else {
            throw WarehouseError(.tooLarge, "\(log.path) is larger than the \(ChangeLog.maximumBytes) bytes allowed")
        }
        if let last = self.last, size >= last.offset + last.text.count {
            let bytes = try file.read(count: size - last.offset, at: last.offset)
            if bytes.starts(with: last.text) { return .names(self.take(bytes, from: last.offset)) }
        }
        let bytes = try file.read(count: size, at: 0)
        if let place = self.find(in: bytes) { return .names(self.take(Array(bytes[place...]), from: place)) }
        self = ChangeReader()
        _ = self.take(bytes, from: 0)
        return .everything
    }

    /// Where the line that was read last is in a file that took the place of the one it was in.
    private func find(in bytes: [UInt8]) -> Int? {
        guard let text = self.last?.text else { return nil }
        return Line.all(in: bytes[...]).last { bytes[$0.range].elementsEqual(text) }?.range.lowerBound
    }

    /// Takes lines, of which the first may have been read before; answers whom they concern.
    private mutating func take(_ bytes: [UInt8], from offset: Int) -> Set<String> {
        var names = self.open
        let known = self.last?.text.count ?? 0
        for line in Line.all(in: bytes[known...]) {
            line.apply(to: &self.open)
            if let name = line.name { names.insert(name) }
            self.last = Place(offset: offset + line.range.lowerBound, text: Array(bytes[line.range]))
        }
        return names
    }

    private static func file(_ log: ChangeLog) throws(WarehouseError) -> OpenFile? {
        do throws(WarehouseError) {
            // Opened each time: only then does a file system of the network look whether the file is another one.
            return try OpenFile.open(log.path.description, .read)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }
}

extension ChangeReader {
    /// A whole line of the file.
    struct Line {
        /// Where it is in what was read, its end included.
        let range: Range<Int>
        /// Whom it concerns; nothing for a remark.
        let name: String?
        private let hasEnded: Bool

        /// Notes that the name is being worked on, or no longer.
        func apply(to open: inout Set<String>) {
            guard let name = self.name else { return }
            if self.hasEnded { open.remove(name) } else { open.insert(name) }
        }

        /// The whole lines of a slice, by the places in it.
        static func all(in bytes: ArraySlice<UInt8>) -> [Line] {
            var lines: [Line] = []
            var begin = bytes.startIndex
            while let end = bytes[begin...].firstIndex(of: UInt8(ascii: "\n")) {
                lines.append(Line(bytes[begin..<end], range: begin..<end + 1))
                begin = end + 1
            }
            return lines
        }

        private init(_ bytes: ArraySlice<UInt8>, range: Range<Int>) {
            let words = bytes.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            self.range = range
            self.name = words.count > 1 && ImageName.isValid(words[1]) && words[0] != "#" ? words[1] : nil
            self.hasEnded = words.first == ChangeLog.Mark.ended.rawValue
        }
    }
}
