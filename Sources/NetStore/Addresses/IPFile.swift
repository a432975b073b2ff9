/// A line of `ip.txt`, the address file of earlier plants: eight fields, none of which is ever dropped.
public struct IPFileEntry: Sendable, Hashable, Codable {
    /// Field 1: the host-only IP address of a guest.
    public var address: String
    /// Field 2: the software bridge.
    public var bridge: String
    /// Field 3: the directory in which the machine's share is made and exported, without needless slashes.
    public var share: String
    /// Field 4: the copy-on-write directory; not used, kept.
    public var copyOnWrite: String
    /// Field 5: the VFS proxy's nfsd port; not used, kept.
    public var nfsPort: String
    /// Field 6: the VFS proxy's mountd port; not used, kept.
    public var mountPort: String
    /// Field 7: the server port; not used, kept.
    public var serverPort: String
    /// Field 8: `unused`, or details of the machine that has the address.
    public var usage: String

    /// The word in field 8 of an address that nobody has.
    public static let unused = "unused"
}

/// The text of an `ip.txt`.
public enum IPFile {
    /// Reads a file: eight fields a line between blanks, the eighth to the end of its line. Empty lines and lines
    /// that start with `#` are passed over.
    ///
    /// - Throws: ``NetStoreError`` `.invalid` with the numbers of all bad lines and what is wrong with them.
    public static func parse(_ text: String) throws(NetStoreError) -> [IPFileEntry] {
        var entries: [IPFileEntry] = []
        var problems: [String] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let fields = line.split(maxSplits: 7, omittingEmptySubsequences: true) { $0 == " " || $0 == "\t" }
            guard let first = fields.first, !first.hasPrefix("#") else { continue }
            do throws(NetStoreError) {
                entries.append(try entry(fields.map(String.init)))
            } catch {
                problems.append("line \(index + 1): \(error.message)")
            }
        }
        problems += repeated(entries.map(\.address), "address") + repeated(entries.map(\.share), "exported directory")
        problems += nested(entries.map(\.share))
        guard problems.isEmpty else {
            throw NetStoreError(.invalid, "ip.txt: " + problems.joined(separator: "; "))
        }
        return entries
    }

    /// Writes a file: a line per entry, fields separated by one blank.
    public static func text(of entries: [IPFileEntry]) -> String {
        entries.map { entry in
            let fields = [
                entry.address, entry.bridge, entry.share, entry.copyOnWrite, entry.nfsPort, entry.mountPort,
                entry.serverPort, entry.usage,
            ]
            return fields.joined(separator: " ") + "\n"
        }.joined()
    }

    private static func entry(_ fields: [String]) throws(NetStoreError) -> IPFileEntry {
        guard fields.count == 8 else {
            throw NetStoreError(.invalid, "\(fields.count) fields instead of eight")
        }
        guard IPv4Address(fields[0]) != nil else {
            throw NetStoreError(.invalid, "\(NameRules.quoted(fields[0])) is not an IPv4 address")
        }
        try NameRules.checkInterface(fields[1])
        let share = try NameRules.plainPath(fields[2])
        // A machine's share is one step further down.
        try NameRules.checkPath(share + "/" + String(repeating: "x", count: NameRules.machineLimit))
        var usage = Substring(fields[7])
        while let last = usage.last, last == " " || last == "\t" { usage.removeLast() }
        return IPFileEntry(
            address: fields[0],
            bridge: fields[1],
            share: share,
            copyOnWrite: fields[3],
            nfsPort: fields[4],
            mountPort: fields[5],
            serverPort: fields[6],
            usage: String(usage)
        )
    }

    /// What lies in another directory of the file would be in the hands of that one's guest.
    private static func nested(_ paths: [String]) -> [String] {
        let sorted = Set(paths).sorted { $0.utf8.count < $1.utf8.count }
        return sorted.enumerated().flatMap { place, outer in
            sorted.dropFirst(place + 1).filter { NameRules.isWithin($0, outer) }
                .map { "exported directory \($0) lies in \(outer)" }
        }
    }

    private static func repeated(_ values: [String], _ what: String) -> [String] {
        var seen: Set<String> = []
        return values.filter { !seen.insert($0).inserted }.map { "\(what) \($0) is there twice" }
    }
}
