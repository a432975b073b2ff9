import CLinuxFiles
import FoundationEssentials
import Glibc

/// The content of a disk in a raw file without a name, which goes with the last reference to it.
struct DiskScratch: Sendable {
    /// Larger disks are not looked into.
    static let largestDisk = 256 << 30
    /// No more than this is unpacked: a small file can say that it holds much.
    static let largestContent = 32 << 30

    let file: OpenFile
    let size: Int

    /// Unpacks a disk whose header was found harmless.
    ///
    /// - Parameters:
    ///   - source: the disk file.
    ///   - format: its format.
    ///   - size: the disk's size in bytes.
    /// - Returns: its content.
    /// - Throws: ``FileTreeError`` when it is too large, or cannot be unpacked.
    static func unpack(_ source: OpenFile, format: ImageFormat, size: Int) async throws(FileTreeError) -> DiskScratch {
        guard size <= Self.largestDisk else {
            throw FileTreeError(
                reason: "the disk has \(size >> 30) GiB; up to \(Self.largestDisk >> 30) are looked into"
            )
        }
        let scratch: OpenFile
        do throws(WarehouseError) {
            scratch = try OpenFile.openUnnamed(in: ProcessInfo.processInfo.environment["TMPDIR"] ?? "/var/tmp")
            try scratch.resize(to: size)
        } catch {
            throw FileTreeError(reason: error.message)
        }
        let limits = ConfinedProgram.Limits(seconds: 300, memory: 4 << 30, fileSize: size)
        let convert = ConfinedProgram(name: "qemu-img", package: "qemu-utils", limits: limits, dropsRights: false)
        try await Self.watching(scratch) { () async throws(FileTreeError) in
            // Both files by descriptor: a path from outside could read as a protocol of QEMU's.
            let files = ["/dev/fd/0", "/dev/fd/1"]
            let arguments = ["convert", "-n", "--target-is-zero", "-f", format.rawValue, "-O", "raw"] + files
            try await convert.run(arguments, input: source, output: scratch)
        }
        // The programs that look into it run as nobody, and may only read.
        if geteuid() == 0 { fchown(scratch.descriptor, ConfinedProgram.nobody, ConfinedProgram.nobody) }
        fchmod(scratch.descriptor, 0o400)
        return DiskScratch(file: scratch, size: size)
    }

    /// Ends `body` when the file takes more room than is allowed, or than half of what was free.
    private static func watching(
        _ file: OpenFile,
        _ body: @escaping @Sendable () async throws(FileTreeError) -> Void
    ) async throws(FileTreeError) {
        var space = statvfs()
        let isKnown = fstatvfs(file.descriptor, &space) == 0
        let free = isKnown ? Int(clamping: space.f_bavail) * Int(clamping: space.f_frsize) : Self.largestContent
        let allowed = min(Self.largestContent, free / 2)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await body() }
                group.addTask {
                    while true {
                        try await Task.sleep(for: .milliseconds(100))
                        guard try file.status().st_blocks * 512 <= allowed else {
                            throw FileTreeError(
                                reason: "the disk holds more than \(allowed >> 20) MiB, too much to unpack"
                            )
                        }
                    }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch {
            throw (error as? FileTreeError) ?? FileTreeError(reason: "\(error)")
        }
    }
}
