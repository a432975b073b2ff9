/// How fast a source sends, as far as it is known. Newer transfers count more, longer ones too.
struct SourceSpeed: Sendable, Hashable {
    /// Bytes a second assumed of a source that never sent anything: a gigabit network, nearly.
    static let assumed = 100e6
    /// A transfer of fewer bytes says more of the waiting than of the sending.
    private static let least = 1 << 20

    private var bytes = 0.0
    private var seconds = 0.0
    private(set) var samples = 0

    /// Learns from a transfer.
    mutating func learn(bytes count: Int, seconds duration: Double) {
        guard count >= Self.least, duration > 0 else { return }
        bytes = bytes / 2 + Double(count)
        seconds = seconds / 2 + duration
        samples += 1
    }

    /// Bytes a second that are expected.
    var bytesPerSecond: Double { samples == 0 ? Self.assumed : bytes / seconds }

    /// Where that comes from, for people.
    var basis: String {
        let rate = "\((bytesPerSecond / 1e6).formatted) MB/s"
        return samples == 0 ? rate + " assumed, it never sent anything" : rate + " by \(samples) transfers"
    }
}
