import Glibc

extension Warehouse {
    /// Whether a disk that stands on an image's would stand on too many, one on the other.
    public static func isDeep(_ image: ImageManifest) -> Bool { image.disk.layers.count >= DiskLayer.maximumDepth }

    /// Makes a copy of a machine's disk whole: it stands on nothing any more.
    ///
    /// By `qemu-img convert`, which is told what the copy's header says: that was compared with the warehouse when the copy
    /// was made.
    ///
    /// - Parameters:
    ///   - snapshot: The copy; it is replaced.
    ///   - scratch: Where the whole disk grows; what is there is replaced.
    /// - Returns: The same place, whole.
    /// - Throws: ``WarehouseError/Code/inputOutput`` with what `qemu-img` complains of.
    public func flatten(_ snapshot: DiskSnapshot, by scratch: String) async throws(WarehouseError) -> DiskSnapshot {
        guard snapshot.standsOnImage else { return snapshot }
        let source = try await BlockingWork.run { _ throws(WarehouseError) in try OpenFile.open(snapshot.path, .read) }
        do throws(FileTreeError) {
            let words = ["convert", "-f", "qcow2", "-O", "qcow2", snapshot.path, scratch]
            _ = try await Self.converter.run(words, input: source)
        } catch {
            unlink(scratch)
            throw WarehouseError(.inputOutput, "\(snapshot.path) cannot be made whole: \(error.reason)")
        }
        return try await BlockingWork.run { _ throws(WarehouseError) in
            try SystemCall.check("make whole", snapshot.path) { rename(scratch, snapshot.path) }
            return DiskSnapshot(path: snapshot.path, standsOnImage: false)
        }
    }

    private static let converter = ConfinedProgram(
        name: "qemu-img",
        package: "qemu-utils",
        limits: .init(seconds: 3600, memory: 4 << 30, fileSize: 1 << 43),
        // The disks are root's, and nobody else's to read.
        dropsRights: false
    )
}
