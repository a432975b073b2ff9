/// Sizes for people: three digits at most before the unit, one after the point where it says something.
enum SizeText {
    /// `9.4 MiB`, `51 MiB`, `812 B`.
    static func rounded(_ bytes: Int) -> String {
        var value = Double(bytes)
        for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
            guard value >= 1000, unit != "TiB" else {
                let text =
                    value < 10 && unit != "B" ? String((value * 10).rounded() / 10) : String(Int(value.rounded()))
                return text + " " + unit
            }
            value /= 1024
        }
        return "\(bytes) B"
    }
}
