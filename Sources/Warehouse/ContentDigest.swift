import Crypto

/// SHA-256 over the content of a file, as `sha256sum` computes it: holes count as zeros.
struct ContentDigest {
    private static let zeros = [UInt8](repeating: 0, count: 1 << 20)
    private static let digits = [UInt8]("0123456789abcdef".utf8)

    private var hash = SHA256()

    /// Adds bytes.
    mutating func update(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { self.hash.update(bufferPointer: $0) }
    }

    /// Adds up to 1 MiB of zeros.
    mutating func update(zeros count: Int) {
        self.update(Self.zeros.prefix(count))
    }

    /// The digest, "sha256:" and 64 hexadecimal digits.
    func finish() -> String {
        let hexadecimal = self.hash.finalize().flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] }
        return "sha256:" + String(decoding: hexadecimal, as: UTF8.self)
    }
}

extension Warehouse {
    /// A digest of some lines: "sha256:" and 64 hexadecimal digits.
    public static func digest(of lines: [String]) -> String {
        var digest = ContentDigest()
        for line in lines { digest.update(Array((line + "\n").utf8)[...]) }
        return digest.finish()
    }
}
