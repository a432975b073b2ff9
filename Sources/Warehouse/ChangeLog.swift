import Glibc

/// Says which images of a warehouse were worked on, so that nobody has to look at those that were not:
/// `images/.changes`, to which everybody who publishes, replaces or removes an image adds lines.
///
/// `+ NAME TAG` is written, and made durable, before the first change; `- NAME TAG` after the last. While a name has
/// begun and not ended, also because whoever began was killed, readers look at it each time. So every change is seen,
/// whatever moment a reader or a crash picks. The tag is random: by the last line that a reader has seen it knows the
/// file again, or sees that it is another one and looks at everything.
///
/// A file that has grown is replaced by one of its newer half, in which readers find again where they were. All of it are plain reads and writes under a lock of the kernel's, so
/// it works between processes, and between hosts that share the folder.
struct ChangeLog: Sendable {
    /// What is said of a name.
    enum Mark: String, Sendable {
        case begun = "+"
        case ended = "-"
    }

    /// The size in bytes from which the file is replaced by a shorter one.
    static let usualBytes = 256 << 10
    /// The largest file that is read.
    static let maximumBytes = 4 << 20
    /// How long somebody waits for others who write.
    private static let patience = 5.0

    let path: PlainPath
    let lock: PlainPath

    /// The log of a warehouse.
    init(_ layout: WarehouseLayout) {
        self.path = layout.changes
        self.lock = layout.changesLock
    }

    /// Adds a line. When this returns, a line that begins something is there after a crash too.
    ///
    /// - Throws: ``WarehouseError`` when it cannot be written: what was to begin must not.
    func note(_ mark: Mark, _ name: String) throws(WarehouseError) {
        let held = try self.takeLock()
        defer { flock(held.descriptor, LOCK_UN) }
        let file = try OpenFile.open(self.path.description, .createOrOpen, mode: 0o644)
        let size = try file.regularFileSize()
        let end = try Self.endOfLastLine(file, size)
        guard end > 0, end < Self.usualBytes else { return try self.replace(adding: (mark, name)) }
        // Half a line, of a writer that was killed: nobody has read it.
        if end < size { try file.resize(to: end) }
        try file.write(Array(Self.line(mark, name).utf8), at: end)
        if mark == .begun { try file.synchronise() }
    }

    /// A file of the newer half of the lines, and of the names that had begun and not ended before these.
    private func replace(adding added: (mark: Mark, name: String)) throws(WarehouseError) {
        let file = try OpenFile.open(self.path.description, .read)
        let bytes = try file.read(count: Self.maximumBytes, at: 0)
        let lines = ChangeReader.Line.all(in: bytes[...])
        let kept = lines.suffix(from: lines.firstIndex { $0.range.upperBound > bytes.count - Self.usualBytes / 2 } ?? 0)
        let open = lines.prefix(lines.count - kept.count).reduce(into: Set<String>()) { $1.apply(to: &$0) }
        let head = "# vmshop changes \(Self.tag())\n" + open.sorted().map { Self.line(.begun, $0) }.joined()
        let tail = kept.filter { $0.name != nil }.flatMap { bytes[$0.range] }
        let content = Array(head.utf8) + tail + Array(Self.line(added.mark, added.name).utf8)
        try AtomicFile(path: self.path.description).make(mode: 0o644, otherwise: .replace) { _ throws(WarehouseError) in
            false
        } write: { file throws(WarehouseError) in
            try file.write(content, at: 0)
        }
    }

    private func takeLock() throws(WarehouseError) -> OpenFile {
        let file = try OpenFile.open(self.lock.description, .createOrOpen)
        let clock = ContinuousClock()
        let end = clock.now + .seconds(Self.patience)
        while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            guard code == EWOULDBLOCK || code == EINTR else { throw SystemCall.failure("lock", file.path, code: code) }
            guard clock.now < end else {
                throw WarehouseError(.busy, "\(self.path) is being written by somebody else; try again later")
            }
            usleep(500)
        }
        return file
    }

    /// Where the next line begins: after the last line that is whole; 0 when there is none.
    private static func endOfLastLine(_ file: OpenFile, _ size: Int) throws(WarehouseError) -> Int {
        let start = max(0, size - 4096)
        let tail = try file.read(count: size - start, at: start)
        return tail.lastIndex(of: UInt8(ascii: "\n")).map { start + $0 + 1 } ?? 0
    }

    private static func line(_ mark: Mark, _ name: String) -> String { "\(mark.rawValue) \(name) \(Self.tag())\n" }

    private static func tag() -> String { String(UInt64.random(in: .min ... .max), radix: 16) }
}
