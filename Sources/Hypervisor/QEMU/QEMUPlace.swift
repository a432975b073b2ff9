import CLaunch
import FoundationEssentials
import Glibc

/// The directory of one domain: its record, its monitor's socket, its process's id. Only root gets into it. All that is
/// done here blocks.
struct QEMUPlace: Sendable, Hashable {
    let path: String

    init(_ name: String, in directory: String) { path = directory + "/" + name }

    var recordPath: String { path + "/domain.json" }
    /// What QEMU said; read when it fails.
    var errorPath: String { path + "/errors" }
    private var processPath: String { path + "/process" }
    private var monitorPath: String { path + "/monitor" }

    /// The domains that are written down in a directory, which is made where it is missing. What a crash left of one that
    /// was never written down is removed.
    static func all(in root: String) -> [(QEMUPlace, QEMURecord)] {
        mkdir(root, 0o700)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.sorted().compactMap { name in
            let place = QEMUPlace(name, in: root)
            if let record = place.read() { return (place, record) }
            if access(place.recordPath, F_OK) != 0 { try? place.remove() }
            return nil
        }
    }

    /// Writes the record: whole or not at all.
    func write(_ record: QEMURecord) throws(HypervisorError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .system(errno, path) }
        guard let bytes = try? JSONEncoder().encode(record) else {
            throw HypervisorError(.failed, "\(recordPath): the record cannot be written as JSON")
        }
        let draft = path + "/domain.new"
        try Self.write(Array(bytes), to: draft)
        guard rename(draft, recordPath) == 0 else { throw .system(errno, recordPath) }
    }

    /// The record; `nil` when there is none that can be read.
    func read() -> QEMURecord? {
        guard let bytes = try? Data(contentsOf: URL(filePath: recordPath)) else { return nil }
        return try? JSONDecoder().decode(QEMURecord.self, from: bytes)
    }

    /// Gives the directory another name.
    func move(to other: QEMUPlace) throws(HypervisorError) {
        guard rename(path, other.path) == 0 else { throw .system(errno, other.path) }
    }

    /// Removes the directory and what is in it.
    func remove() throws(HypervisorError) {
        for file in [monitorPath, processPath, errorPath, path + "/domain.new", recordPath] { unlink(file) }
        guard rmdir(path) == 0 || errno == ENOENT else { throw .system(errno, path) }
    }

    /// The directory, for its descriptor.
    func opened() throws(HypervisorError) -> OwnedDescriptor {
        try OwnedDescriptor(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path)
    }

    /// The socket that QEMU's monitor will answer at.
    func listener() throws(HypervisorError) -> OwnedDescriptor {
        unlink(monitorPath)
        return try OwnedDescriptor(opened().use { vmshop_unix_socket($0, "monitor", 1) }, monitorPath)
    }

    /// An empty file for the process's id: the process writes it itself, so that there is none without.
    func emptyIdentity() throws(HypervisorError) -> OwnedDescriptor { try empty(processPath, mode: 0o600) }

    /// An empty file for what QEMU says.
    func emptyErrors() throws(HypervisorError) -> OwnedDescriptor { try empty(errorPath, mode: 0o600) }

    /// The id of the process that was started last.
    var processID: Int32? {
        guard let text = try? String(contentsOfFile: processPath, encoding: .utf8) else { return nil }
        return text.last == "\n" ? Int32(text.dropLast()) : nil
    }

    /// The end of what QEMU said, fit for a message.
    var lastWords: String {
        let text = (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? ""
        let lines = text.split(separator: "\n").suffix(3).joined(separator: "; ")
        return String(String.UnicodeScalarView(lines.unicodeScalars.prefix(400).filter { $0.value >= 0x20 }))
    }

    private func empty(_ path: String, mode: mode_t) throws(HypervisorError) -> OwnedDescriptor {
        unlink(path)
        return try OwnedDescriptor(open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, mode), path)
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(HypervisorError) {
        let file = try OwnedDescriptor(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600), path)
        let isWritten = file.use { Glibc.write($0, bytes, bytes.count) == bytes.count && fdatasync($0) == 0 }
        guard isWritten else { throw .system(errno, path) }
    }
}
