/// Durations as requests write them: `500ms`, `30s`, `5m`, `2h`, `1d`.
public enum DurationText {
    private static let milliseconds: [(unit: String, factor: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// Reads a whole number and a unit; nil for anything else.
    public static func duration(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text[digits.endIndex...]
        guard let count = Int64(digits), let factor = self.milliseconds.first(where: { $0.unit == unit })?.factor else {
            return nil
        }
        let (product, overflow) = count.multipliedReportingOverflow(by: factor)
        return overflow ? nil : .milliseconds(product)
    }

    /// Writes a duration in the largest unit that holds it exactly; what is finer than a millisecond is dropped.
    public static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let total = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        guard total != 0 else { return "0s" }
        let unit = self.milliseconds.first { total.isMultiple(of: $0.factor) } ?? ("ms", 1)
        return "\(total / unit.factor)\(unit.unit)"
    }
}
