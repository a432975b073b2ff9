import CLinuxFiles
import Glibc

/// One pass over a file: its digest is computed, and, where wanted, it is copied, holes as holes.
struct FileCopy {
    private static let chunk = 1 << 20
    private static let chunksPerReport = 16

    let phase: WarehouseProgress.Phase
    let role: ImageFileRole
    let progress: WarehouseProgress.Handler?
    let flag: CancellationFlag

    /// Reads `source` to its end.
    ///
    /// - Parameters:
    ///   - source: the file to read; it must not change meanwhile.
    ///   - destination: an empty file that becomes a copy, or nothing.
    /// - Returns: the digest of the bytes read, which are those written, and their number.
    /// - Throws: ``WarehouseError``, with the code `conflict` when the file changed meanwhile.
    func run(from source: OpenFile, to destination: OpenFile?) throws(WarehouseError) -> (digest: String, bytes: Int) {
        let size = try source.regularFileSize()
        let before = try source.status()
        var digest = ContentDigest()
        var buffer = [UInt8](repeating: 0, count: Self.chunk)
        var position = 0
        var chunks = 0
        while position < size {
            try self.flag.check()
            let data = source.nextData(from: position, size: size) ?? size..<size
            if position < data.lowerBound {
                let count = min(Self.chunk, data.lowerBound - position)
                digest.update(zeros: count)
                position += count
            } else {
                let count = min(Self.chunk, data.upperBound - position)
                try self.move(count, at: position, from: source, to: destination, &buffer, &digest)
                position += count
            }
            chunks += 1
            if chunks.isMultiple(of: Self.chunksPerReport) { self.report(position, of: size) }
        }
        try destination?.resize(to: size)
        try self.checkUnchanged(source, since: before)
        self.report(size, of: size)
        return (digest.finish(), size)
    }

    private func move(
        _ count: Int,
        at position: Int,
        from source: OpenFile,
        to destination: OpenFile?,
        _ buffer: inout [UInt8],
        _ digest: inout ContentDigest
    ) throws(WarehouseError) {
        guard try source.read(into: &buffer, count: count, at: position) == count else {
            throw Self.changed(source)
        }
        digest.update(buffer[..<count])
        try destination?.write(buffer[..<count], at: position)
    }

    private func checkUnchanged(_ source: OpenFile, since before: stat) throws(WarehouseError) {
        let after = try source.status()
        guard after.st_size == before.st_size, after.st_mtim.tv_sec == before.st_mtim.tv_sec,
            after.st_mtim.tv_nsec == before.st_mtim.tv_nsec
        else { throw Self.changed(source) }
    }

    private static func changed(_ source: OpenFile) -> WarehouseError {
        WarehouseError(.conflict, "\(source.path) changed while it was read; stop whatever writes to it and try again")
    }

    private func report(_ completed: Int, of total: Int) {
        self.progress?(
            WarehouseProgress(phase: self.phase, file: self.role, completedBytes: completed, totalBytes: total)
        )
    }
}
