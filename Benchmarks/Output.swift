import FoundationEssentials
import Glibc

/// Memory of this process that is in use, in bytes.
func residentBytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
}

/// A number with three digits that count.
func format(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return "\(value)" }
    let digits = 3 - Int(log10(abs(value)).rounded(.up))
    guard digits > 0 else { return String(Int(value.rounded())) }
    let factor = pow(10, Double(digits))
    return String((value * factor).rounded() / factor)
}
