/// An amount of memory or disk.
public struct ByteCount: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    /// The amount in bytes.
    public var bytes: Int

    /// Units from the largest to the smallest.
    private static let units: [(name: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("TB", 1_000_000_000_000), ("GiB", 1 << 30), ("GB", 1_000_000_000),
        ("MiB", 1 << 20), ("MB", 1_000_000), ("KiB", 1 << 10), ("kB", 1_000),
    ]

    /// Creates an amount from bytes.
    public init(bytes: Int) {
        self.bytes = bytes
    }

    /// Reads a whole number and a unit, as `256MiB`, `1GiB`, `1GB` or `512KiB`. The unit is required, `B` for bytes.
    ///
    /// Nil for anything else, and for more than 2⁶³−1 bytes.
    public init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text[digits.endIndex...]
        guard let count = Int(digits), let factor = Self.factor(of: unit == "KB" ? "kB" : unit) else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        self.bytes = product
    }

    /// The same amount in the unit that needs the fewest digits, exactly: `256MiB`, `1GB`, `1500B`.
    public var description: String {
        guard self.bytes != 0 else { return "0B" }
        let unit = Self.units.first { self.bytes.isMultiple(of: $0.bytes) } ?? ("B", 1)
        return "\(self.bytes / unit.bytes)\(unit.name)"
    }

    /// Fewer bytes.
    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.bytes < rhs.bytes }

    private static func factor(of unit: Substring) -> Int? {
        unit == "B" ? 1 : self.units.first { $0.name == unit }?.bytes
    }
}
