import CLaunch
import Crypto
import Glibc

/// A file's bytes in memory that nobody can change, as they were when their digest was found right.
///
/// QEMU 7.2 opens the memory that its guest starts from for writing, also where it maps it privately. So it never gets the
/// file: it inherits a descriptor of a sealed copy, whose pages all machines of the template share until they write to
/// them. What a guest does that has taken over its QEMU reaches no other guest, and not the file.
struct SealedFile: Sendable {
    /// What holds the bytes, to be inherited.
    let memory: OwnedDescriptor
    /// How many bytes there are.
    let size: Int

    var descriptor: Int32 { memory.number }

    /// Reads a file and compares; blocks. Holes stay holes.
    ///
    /// - Throws: `.refused` when the bytes are not those of the digest.
    init(_ file: MemoryTemplate.SavedFile) throws(HypervisorError) {
        let source = try OwnedDescriptor(open(file.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), file.path)
        let size = source.use { Int(lseek($0, 0, Int32(SEEK_END))) }
        let memory = try OwnedDescriptor(vmshop_memory_file("vmshop-template"), "memory for \(file.path)")
        guard size > 0, ftruncate(memory.number, size) == 0 else {
            throw .system(errno, "memory for the \(size) bytes of \(file.path)")
        }
        let digest = try source.use { source throws(HypervisorError) in
            try Self.copy(source, memory.number, size, file.path)
        }
        guard digest == file.digest else {
            throw HypervisorError(.refused, "\(file.path) is not what was published: it has \(digest)")
        }
        let answer = vmshop_seal(memory.number)
        guard answer == 0 else { throw .system(-answer, "seal of the copy of \(file.path)") }
        (self.memory, self.size) = (memory, size)
    }

    /// A descriptor of the same bytes with a place of its own to read at.
    func reopened() throws(HypervisorError) -> OwnedDescriptor {
        try OwnedDescriptor(memory.use { open("/proc/self/fd/\($0)", O_RDONLY | O_CLOEXEC) }, "template")
    }

    private static func copy(
        _ source: Int32,
        _ target: Int32,
        _ size: Int,
        _ path: String
    ) throws(HypervisorError) -> String {
        var hash = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let zeros = buffer
        var offset = 0
        while offset < size {
            let data = min(size, Self.next(seekData, source, offset) ?? size)
            while offset < data {
                let count = min(zeros.count, data - offset)
                hash.update(data: zeros[..<count])
                offset += count
            }
            let hole = offset < size ? Self.next(seekHole, source, offset) ?? size : size
            while offset < hole {
                let count = pread(source, &buffer, min(buffer.count, hole - offset), offset)
                guard count > 0, pwrite(target, buffer, count, offset) == count else {
                    throw .system(count == 0 ? EIO : errno, "copy of \(path)")
                }
                hash.update(data: buffer[..<count])
                offset += count
            }
        }
        return "sha256:" + hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func next(_ kind: Int32, _ descriptor: Int32, _ offset: Int) -> Int? {
        let answer = lseek(descriptor, offset, kind)
        return answer < 0 ? nil : Int(answer)
    }

    // Glibc's, which are behind _GNU_SOURCE.
    private static let seekData: Int32 = 3
    private static let seekHole: Int32 = 4
}
