import FoundationEssentials

/// A moment of wall-clock time, to the millisecond. For display and for records; leases and deadlines that must not
/// follow the wall clock use a monotonic one.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var milliseconds: Int64

    /// The moment that many milliseconds after the epoch.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// This moment.
    public static var now: Timestamp { ServiceTime.process.timestamp }

    /// This moment by the host's clock.
    static var ofHost: Timestamp { Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded())) }

    /// The moment that much later.
    public func advanced(by duration: Duration) -> Timestamp {
        Timestamp(milliseconds: milliseconds + Int64((duration.seconds * 1000).rounded()))
    }

    /// The seconds from this moment to a later one, never negative.
    public func seconds(to later: Timestamp) -> Double { max(0, Double(later.milliseconds - milliseconds) / 1000) }

    /// Whether a moment is before another.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
}

extension Timestamp: CustomStringConvertible {
    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    private static let wholeSeconds = Date.ISO8601FormatStyle()

    /// ISO 8601 in UTC with milliseconds: `2026-11-21T04:25:47.250Z`.
    public var description: String {
        // The milliseconds are written by ourselves: as a fraction of a floating-point date they may come out one less.
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let whole = rest < 0 ? seconds - 1 : seconds
        let fraction = String(rest < 0 ? rest + 2000 : rest + 1000).dropFirst()
        return Self.wholeSeconds.format(Date(timeIntervalSince1970: Double(whole))).dropLast() + "." + fraction + "Z"
    }
}

extension Timestamp: Codable {
    /// Reads an ISO 8601 time.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let date = try? Self.style.parse(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "`\(text)` is not an ISO 8601 time")
        }
        milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded())
    }

    /// Writes an ISO 8601 time.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Duration {
    /// The duration in seconds.
    public var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
