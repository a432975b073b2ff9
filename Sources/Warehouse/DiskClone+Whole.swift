import CLinuxFiles
import Glibc

extension DiskClone {
    /// Makes a disk that shares the image's blocks in the file system until either is written to (FICLONE, ioctl(2)):
    /// constant time, and the new disk does not stand on the image.
    ///
    /// - Parameters:
    ///   - base: The absolute path of the image's disk; an ordinary file, whole by itself.
    ///   - format: The base's format, and so the new disk's.
    ///   - path: The absolute path of the new disk; its folder must exist, in the same file system.
    /// - Returns: The new disk's virtual size in bytes.
    /// - Throws: ``WarehouseError``, with the code `unsupported` where the file system cannot.
    @discardableResult
    public static func createReflink(
        base: String,
        format: ImageFormat,
        at path: String
    ) async throws(WarehouseError) -> Int {
        try await BlockingWork.run { flag throws(WarehouseError) in
            try flag.check()
            return try self.writeWhole(base: base, format: format, at: path) { source, copy throws(WarehouseError) in
                try self.reflink(source, to: copy)
            }
        }
    }

    /// Makes a disk that is a whole copy of the image's, holes as holes.
    ///
    /// - Parameters:
    ///   - base: The absolute path of the image's disk; an ordinary file, whole by itself.
    ///   - format: The base's format, and so the new disk's.
    ///   - path: The absolute path of the new disk; its folder must exist.
    ///   - progress: Told how far the copying has come.
    /// - Returns: The new disk's virtual size in bytes.
    /// - Throws: ``WarehouseError``.
    @discardableResult
    public static func createCopy(
        base: String,
        format: ImageFormat,
        at path: String,
        progress: WarehouseProgress.Handler? = nil
    ) async throws(WarehouseError) -> Int {
        try await BlockingWork.run { flag throws(WarehouseError) in
            try self.writeWhole(base: base, format: format, at: path) { source, copy throws(WarehouseError) in
                try SparseCopy(progress: progress, flag: flag).run(from: source, to: copy)
            }
        }
    }

    /// Why a new disk in a folder cannot share the blocks of a file: tried, with a file that has no name and goes at once.
    ///
    /// - Parameters:
    ///   - base: The absolute path of the file.
    ///   - folder: The absolute path of the folder that disks are made in.
    /// - Returns: The reason, nothing if it can.
    /// - Throws: ``WarehouseError`` when the one cannot be read, or no file be made in the other.
    static func reflinkObstacle(of base: String, in folder: String) async throws(WarehouseError) -> String? {
        try await BlockingWork.run { _ throws(WarehouseError) in
            let source = try OpenFile.open(try PlainPath(base).description, .read)
            let copy = try OpenFile.openUnnamed(in: folder)
            let answer = vmshop_reflink(copy.descriptor, source.descriptor)
            switch -answer {
            case ...0: return nil
            case EXDEV: return "the image and the machines are in two file systems"
            case EOPNOTSUPP, ENOTTY, EINVAL: return "the file system shares no blocks between files"
            default: return String(cString: strerror(-answer))
            }
        }
    }

    /// Makes an empty file share all blocks of another.
    static func reflink(_ source: OpenFile, to copy: OpenFile) throws(WarehouseError) {
        let answer = vmshop_reflink(copy.descriptor, source.descriptor)
        guard answer < 0 else { return }
        let failure = SystemCall.failure("share the blocks of \(source.path) with", copy.path, code: -answer)
        throw [EXDEV, EOPNOTSUPP, ENOTTY, EINVAL].contains(-answer)
            ? WarehouseError(.unsupported, failure.message) : failure
    }

    private static func writeWhole(
        base: String,
        format: ImageFormat,
        at path: String,
        _ fill: (OpenFile, OpenFile) throws(WarehouseError) -> Void
    ) throws(WarehouseError) -> Int {
        let source = try OpenFile.open(try PlainPath(base).description, .read)
        let size = try DiskInspection.inspect(source, format: format).virtualSize
        try AtomicFile(path: path).make(mode: 0o600, otherwise: .refuse) { file throws(WarehouseError) in
            // The guest may have written to it meanwhile: that it is such a disk is all that can be said.
            (try? DiskInspection.inspect(file, format: format))?.virtualSize == size
        } write: { file throws(WarehouseError) in
            try fill(source, file)
        }
        return size
    }
}

/// Copies a file in the kernel, without bringing its bytes into this process, holes as holes.
struct SparseCopy {
    /// A copy can be given up, and says how far it is, each time it has copied so much.
    private static let chunk = 64 << 20

    let progress: WarehouseProgress.Handler?
    let flag: CancellationFlag

    func run(from source: OpenFile, to copy: OpenFile) throws(WarehouseError) {
        let size = try source.regularFileSize()
        var position = 0
        while let data = source.nextData(from: position, size: size) {
            position = data.lowerBound
            while position < data.upperBound {
                try self.flag.check()
                let count = min(Self.chunk, data.upperBound - position)
                try self.move(count, at: position, from: source, to: copy)
                position += count
                self.report(position, of: size)
            }
        }
        try copy.resize(to: size)
        self.report(size, of: size)
    }

    private func move(_ count: Int, at offset: Int, from source: OpenFile, to copy: OpenFile) throws(WarehouseError) {
        var moved = 0
        while moved < count {
            let answer = vmshop_copy_range(source.descriptor, copy.descriptor, offset + moved, count - moved)
            if answer == -Int(EINTR) { continue }
            guard answer >= 0 else {
                throw SystemCall.failure("copy \(source.path) to", copy.path, code: CInt(-answer))
            }
            guard answer > 0 else {
                throw WarehouseError(.conflict, "\(source.path) became shorter while it was copied")
            }
            moved += answer
        }
    }

    private func report(_ completed: Int, of total: Int) {
        self.progress?(WarehouseProgress(phase: .copying, file: .disk, completedBytes: completed, totalBytes: total))
    }
}
