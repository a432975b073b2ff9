/// What a guest needs that wakes up from memory in which it was another machine: what must never be equal in two.
public struct GuestWake: Sendable, Hashable {
    /// Random bytes to begin its random numbers anew with.
    public var seed: [UInt8]
    /// The host name that it takes; nothing where it keeps the one that it has.
    public var hostName: String?

    /// What a guest wakes up with, with a seed of 64 bytes of the host's random numbers.
    public init(hostName: String?) {
        var source = SystemRandomNumberGenerator()
        seed = (0..<64).map { _ in UInt8.random(in: .min ... .max, using: &source) }
        self.hostName = hostName
    }

    /// The file `wake`.
    func text() throws(NetStoreError) -> String {
        let digits = seed.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        guard let hostName else { return "seed=\(digits)\n" }
        guard hostName.utf8.allSatisfy({ $0 < 0x7F && $0 > 0x20 && $0 != UInt8(ascii: "=") }), hostName.utf8.count < 64
        else {
            throw NetStoreError(.invalid, "wake: \(NameRules.quoted(hostName)) is no host name")
        }
        return "seed=\(digits)\nhostname=\(hostName)\n"
    }
}
