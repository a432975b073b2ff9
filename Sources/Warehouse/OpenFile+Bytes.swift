import Glibc

extension OpenFile {
    /// Reads up to `count` bytes at `offset`; fewer only at the end of the file.
    func read(count: Int, at offset: Int) throws(WarehouseError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let filled = try self.read(into: &bytes, count: count, at: offset)
        bytes.removeLast(count - filled)
        return bytes
    }

    /// Fills the first `count` places of `bytes` from `offset` on; the answer is less than `count` only at the end.
    func read(into bytes: inout [UInt8], count: Int, at offset: Int) throws(WarehouseError) -> Int {
        var filled = 0
        while filled < count {
            let start = filled
            let got = try SystemCall.check("read", self.path) {
                bytes.withUnsafeMutableBytes { buffer in
                    pread(self.descriptor, buffer.baseAddress.map { $0 + start }, count - start, offset + start)
                }
            }
            if got == 0 { break }
            filled += got
        }
        return filled
    }

    /// Reads the whole of a regular file of at most `limit` bytes.
    func readAll(limit: Int) throws(WarehouseError) -> [UInt8] {
        let size = try self.regularFileSize()
        // One byte more than allowed is asked for: a file that grows meanwhile is not cut silently.
        let bytes = try self.read(count: min(size, limit) + 1, at: 0)
        guard bytes.count <= limit else {
            throw WarehouseError(.tooLarge, "\(self.path) is larger than the \(limit) bytes allowed")
        }
        return bytes
    }

    /// Writes all of `bytes` at `offset`.
    func write(_ bytes: [UInt8], at offset: Int) throws(WarehouseError) {
        try self.write(bytes[...], at: offset)
    }

    /// Writes all of `bytes` at `offset`.
    func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(WarehouseError) {
        var done = 0
        while done < bytes.count {
            let start = done
            done += try SystemCall.check("write", self.path) {
                bytes.withUnsafeBytes { buffer in
                    pwrite(self.descriptor, buffer.baseAddress.map { $0 + start }, buffer.count - start, offset + start)
                }
            }
        }
    }

    /// Makes the file `size` bytes long; what is added reads as zeros and takes no room.
    func resize(to size: Int) throws(WarehouseError) {
        try SystemCall.check("resize", self.path) { ftruncate(self.descriptor, size) }
    }

    /// The next stretch of data at or after `offset`, or nothing when only a hole is left.
    func nextData(from offset: Int, size: Int) -> Range<Int>? {
        guard offset < size else { return nil }
        // SEEK_DATA and SEEK_HOLE of <unistd.h>, which only _GNU_SOURCE shows.
        let start = lseek(self.descriptor, offset, 3)
        if start < 0 { return errno == ENXIO ? nil : offset..<size }
        let end = lseek(self.descriptor, start, 4)
        guard start < size else { return nil }
        return start..<(end <= start ? size : min(end, size))
    }
}
