/// What names from outside must look like before they become part of a path, a command or a rule.
///
/// Everything here is ASCII and positive: a name is what the rule lists, or it is refused.
enum NameRules {
    /// A machine's id (a ULID, or any word of letters, digits and dashes): it names a directory.
    static func checkMachine(_ id: String) throws(NetStoreError) {
        try check(id, "machine id", limit: machineLimit, first: isAlphanumeric) { isAlphanumeric($0) || $0 == dash }
    }

    /// The longest machine id in bytes.
    static let machineLimit = 64

    /// A client domain, `physics.example.org` say.
    static func checkDomain(_ domain: String) throws(NetStoreError) {
        try check(domain, "client domain", limit: 63, first: isLowerOrDigit) {
            isLowerOrDigit($0) || $0 == dash || $0 == dot
        }
    }

    /// A network interface or a bridge: the kernel's limit is 15 bytes.
    static func checkInterface(_ name: String) throws(NetStoreError) {
        try check(name, "interface name", limit: 15, first: isAlphanumeric) {
            isAlphanumeric($0) || $0 == dash || $0 == dot || $0 == underscore
        }
    }

    /// The name of a libvirt network, of a plant or of a filter table.
    static func checkLabel(_ name: String) throws(NetStoreError) {
        try check(name, "name", limit: 63, first: isAlphanumeric) {
            isAlphanumeric($0) || $0 == dash || $0 == dot || $0 == underscore
        }
    }

    /// An nft table: a word that starts with a letter.
    static func checkTable(_ name: String) throws(NetStoreError) {
        try check(name, "filter table name", limit: 31, first: isLetter) { isAlphanumeric($0) || $0 == underscore }
    }

    /// An Ethernet address of six pairs, lower case.
    static func checkMAC(_ mac: String) throws(NetStoreError) {
        let pairs = mac.utf8.split(separator: colon, omittingEmptySubsequences: false)
        guard pairs.count == 6, pairs.allSatisfy({ $0.count == 2 && $0.allSatisfy(isLowerHex) }) else {
            throw NetStoreError(.invalid, "\(quoted(mac)) is not an Ethernet address (52:54:00:00:00:02)")
        }
    }

    /// A path as ``checkPath(_:)`` wants it, without slashes that say nothing: `/a//b/` is `/a/b`.
    static func plainPath(_ path: String) throws(NetStoreError) -> String {
        try checkPath(path)
        return "/" + path.utf8.split(separator: slash).map { String(Substring($0)) }.joined(separator: "/")
    }

    /// Whether a path is another one or lies below it; both without needless slashes.
    static func isWithin(_ path: String, _ folder: String) -> Bool { path == folder || path.hasPrefix(folder + "/") }

    /// An absolute path of plain names: no `..`, no blanks, nothing that a configuration file would read otherwise.
    static func checkPath(_ path: String) throws(NetStoreError) {
        let parts = path.utf8.split(separator: slash)
        let isPlain = parts.allSatisfy { part in
            part.allSatisfy { isAlphanumeric($0) || $0 == dash || $0 == dot || $0 == underscore }
                && !part.elementsEqual("..".utf8) && !part.elementsEqual(".".utf8)
        }
        guard path.utf8.first == slash, !parts.isEmpty, path.utf8.count <= 1024, isPlain else {
            throw NetStoreError(
                .invalid,
                "\(quoted(path)) is not an absolute path of letters, digits, '.', '_', '-' without '..'"
            )
        }
    }

    /// A word by rule: not empty, not too long, and every byte allowed.
    static func check(
        _ text: String,
        _ what: String,
        limit: Int,
        first isFirst: (UInt8) -> Bool,
        rest isRest: (UInt8) -> Bool
    ) throws(NetStoreError) {
        guard let first = text.utf8.first, isFirst(first), text.utf8.count <= limit, text.utf8.allSatisfy(isRest) else {
            throw NetStoreError(.invalid, "\(quoted(text)) is not a \(what) (at most \(limit) characters)")
        }
    }

    /// A text for a message: cut, and without control characters.
    static func quoted(_ text: String) -> String {
        let safe = text.unicodeScalars.prefix(80).map { $0.value < 32 || $0.value == 127 ? "?" : String($0) }
        return "'" + safe.joined() + "'"
    }

    static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }
    static func isLowerOrDigit(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || isDigit(byte) }
    static func isLowerHex(_ byte: UInt8) -> Bool { (0x61...0x66).contains(byte) || isDigit(byte) }

    static let dash = UInt8(ascii: "-")
    static let dot = UInt8(ascii: ".")
    static let underscore = UInt8(ascii: "_")
    static let slash = UInt8(ascii: "/")
    static let colon = UInt8(ascii: ":")
}
