/// The disk from which cloud-init takes what a new machine is to be: a read-only volume named CIDATA.
///
/// It is an ISO 9660 file system that cloud-init's data source NoCloud looks for, usually with the files `user-data`,
/// `meta-data` and `network-config`. It is written by this process, and equal content gives equal bytes.
public struct SeedDisk: Sendable, Hashable {
    /// The name of the volume.
    public static let volumeName = "CIDATA"
    /// The most that all files together may hold, in bytes.
    public static let maximumBytes = 16 << 20
    /// The most files.
    public static let maximumFiles = 24

    private let files: [(name: String, content: [UInt8])]

    /// A disk with these files in its only folder.
    ///
    /// - Parameter files: contents by name; a name is 1 to 64 of `a-z A-Z 0-9 . _ -`, and no two are alike but for case.
    /// - Throws: ``WarehouseError``: `invalidName` or `tooLarge`.
    public init(files: [String: [UInt8]]) throws(WarehouseError) {
        guard files.count <= Self.maximumFiles else {
            throw WarehouseError(.tooLarge, "a seed disk of \(files.count) files; \(Self.maximumFiles) are allowed")
        }
        let size = files.values.reduce(0) { $0 + $1.count }
        guard size <= Self.maximumBytes else {
            throw WarehouseError(.tooLarge, "a seed disk of \(size) bytes; \(Self.maximumBytes) are allowed")
        }
        for name in files.keys where !Self.isValid(name) {
            throw WarehouseError(.invalidName, "\(name.debugDescription) cannot be a file of a seed disk")
        }
        guard Set(files.keys.map { $0.lowercased() }).count == files.count else {
            throw WarehouseError(.invalidName, "two files of a seed disk have names that differ in case only")
        }
        self.files = files.map { ($0.key, $0.value) }.sorted { $0.name < $1.name }
    }

    /// The whole disk.
    public var image: [UInt8] {
        ISOVolume(name: Self.volumeName, files: self.files).bytes
    }

    /// Writes the disk to `path`, an absolute path in a folder that exists.
    ///
    /// The file appears whole or not at all; another one that is there is replaced in one instant.
    public func write(to path: String) async throws(WarehouseError) {
        try await BlockingWork.run { flag throws(WarehouseError) in
            try flag.check()
            try self.writeNow(to: path)
        }
    }

    func writeNow(to path: String) throws(WarehouseError) {
        let bytes = self.image
        try AtomicFile(path: path).make(mode: 0o600, otherwise: .replace) { file throws(WarehouseError) in
            guard try file.regularFileSize() == bytes.count else { return false }
            return try file.read(count: bytes.count, at: 0) == bytes
        } write: { file throws(WarehouseError) in
            try file.write(bytes, at: 0)
        }
    }

    /// The same files.
    public static func == (left: Self, right: Self) -> Bool {
        left.files.elementsEqual(right.files, by: ==)
    }

    /// Feeds the files to a hasher.
    public func hash(into hasher: inout Hasher) {
        for file in self.files {
            hasher.combine(file.name)
            hasher.combine(file.content)
        }
    }

    private static func isValid(_ name: String) -> Bool {
        guard (1...64).contains(name.utf8.count), name != ".", name != ".." else { return false }
        return name.utf8.allSatisfy {
            (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || [0x2e, 0x5f, 0x2d].contains($0)
        }
    }
}
