import FoundationEssentials
import ServerSettings

/// The list of plants as the first VMShop had it: one `address port` a line.
///
/// Blank lines and lines that begin with `#` are passed over, as are carriage returns.
struct PlantAddresses: Sendable, Hashable {
    /// The names the file had and has: the first as it was spelt, the second as it is spelt now.
    static let fileNames = ["vmplant_addreses.txt", "vmplant_addresses.txt"]

    /// The plants' URLs in the order of the list, each once.
    private(set) var urls: [String] = []

    /// Reads the text of such a file.
    ///
    /// - Throws: ``SettingsError`` naming the line that is not understood.
    init(parsing text: String) throws(SettingsError) {
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let fields = line.split(whereSeparator: \.isWhitespace)
            guard let first = fields.first, !first.hasPrefix("#") else { continue }
            guard fields.count == 2, let url = Self.url(String(first), String(fields[1])) else {
                throw SettingsError(
                    "plants.file, line \(index + 1): expected `address port`, found `\(line.prefix(80))`"
                )
            }
            add(url)
        }
    }

    /// Reads plants given as `address:port`.
    ///
    /// - Throws: ``SettingsError`` naming the one that is not understood.
    init(adding addresses: [String]) throws(SettingsError) {
        try add(addresses: addresses)
    }

    /// Adds plants given as `address:port`.
    mutating func add(addresses: [String]) throws(SettingsError) {
        for address in addresses {
            guard let colon = address.lastIndex(of: ":") else { throw Self.unclear(address) }
            // Without brackets it would be a guess where an IPv6 address ends.
            guard address.hasPrefix("[") || address.firstIndex(of: ":") == colon else {
                throw SettingsError(
                    "plants.addresses: an IPv6 address is written `[ADDRESS]:PORT`, not `\(address.prefix(80))`"
                )
            }
            guard let url = Self.url(String(address[..<colon]), String(address[address.index(after: colon)...])) else {
                throw Self.unclear(address)
            }
            add(url)
        }
    }

    private static func unclear(_ address: String) -> SettingsError {
        SettingsError("plants.addresses: expected `address:port`, found `\(address.prefix(80))`")
    }

    /// The plants of a shop's settings.
    ///
    /// - Throws: ``SettingsError`` when the file is not there or cannot be understood.
    static func load(_ settings: ShopSettings) throws -> [String] {
        var list = try PlantAddresses(parsing: "")
        if let path = settings.plantsFile { list = try PlantAddresses(parsing: text(path)) }
        try list.add(addresses: settings.plantAddresses)
        return list.urls
    }

    /// The text of the file at `path`, of the one in the directory at `path`, or, where `path` ends in one spelling of
    /// the name, of its neighbour in the other.
    static func text(_ path: String) throws(SettingsError) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let folder = parts.count > 1 ? parts.dropLast().joined(separator: "/") : "."
        let isUsual = fileNames.contains(String(parts.last ?? ""))
        let others = fileNames.map { (isUsual ? folder : path) + "/" + $0 }
        for candidate in [path] + others {
            guard let bytes = try? Data(contentsOf: URL(filePath: candidate)) else { continue }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw SettingsError("plants.file: `\(candidate)` is not UTF-8 text")
            }
            // An editor may have put a byte order mark in front.
            return text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        }
        throw SettingsError(
            "plants.file: there is no readable file `\(path)`, nor \(fileNames.joined(separator: " or ")) there"
        )
    }

    private mutating func add(_ url: String) {
        if !urls.contains(url) { urls.append(url) }
    }

    private static func url(_ address: String, _ port: String) -> String? {
        guard port.utf8.allSatisfy({ $0.isDigit }), let number = UInt16(port), number > 0 else { return nil }
        let isBracketed = address.hasPrefix("[") && address.hasSuffix("]")
        let bare = isBracketed ? String(address.dropFirst().dropLast()) : address
        if bare.utf8.count(where: { $0 == UInt8(ascii: ":") }) >= 2 {
            return bare.utf8.allSatisfy { $0.isIPv6Character } ? "http://[\(bare)]:\(number)" : nil
        }
        guard !isBracketed, !bare.isEmpty, bare.utf8.allSatisfy({ $0.isHostCharacter }) else { return nil }
        return "http://\(bare):\(number)"
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    fileprivate var isHostCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: isDigit
        }
    }

    fileprivate var isIPv6Character: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."),
            UInt8(ascii: ":"):
            true
        default: isDigit
        }
    }
}
