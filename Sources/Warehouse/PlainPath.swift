/// An absolute path without `.`, `..`, empty components or control characters.
///
/// It is split and compared byte by byte, as the kernel does. Swift's characters are something else: a combining mark
/// behind a slash makes one character of both, and two spellings of one letter are equal.
struct PlainPath: Sendable, Hashable, CustomStringConvertible {
    private static let slash = UInt8(ascii: "/")

    let components: [String]

    /// A path of components that are known to be plain.
    init(components: [String]) {
        self.components = components
    }

    /// Checks `text`; several slashes in a row count as one.
    init(_ text: String) throws(WarehouseError) {
        guard text.utf8.first == Self.slash else {
            throw WarehouseError(.unsafePath, "\(text.debugDescription) is not an absolute path")
        }
        guard text.utf8.count < 4096 else { throw WarehouseError(.unsafePath, "a path of \(text.utf8.count) bytes") }
        self.components = try Self.components(of: text)
    }

    /// The components of an absolute or relative path, which may not lead upwards.
    static func components(of text: String) throws(WarehouseError) -> [String] {
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
            throw WarehouseError(.unsafePath, "\(text.debugDescription) has control characters")
        }
        let components = text.utf8.split(separator: Self.slash).map { String(Substring($0)) }
        guard !components.contains(".."), !components.contains(".") else {
            throw WarehouseError(.unsafePath, "\(text.debugDescription) has a component `.` or `..`")
        }
        return components
    }

    static func == (left: PlainPath, right: PlainPath) -> Bool {
        left.components.elementsEqual(right.components) { $0.utf8.elementsEqual($1.utf8) }
    }

    func hash(into hasher: inout Hasher) {
        for component in self.components { hasher.combine(Array(component.utf8)) }
    }

    var description: String { "/" + self.components.joined(separator: "/") }

    /// The folder and the name in it.
    func split() throws(WarehouseError) -> (folder: String, name: String) {
        guard let name = self.components.last else { throw WarehouseError(.unsafePath, "/ is no file") }
        return ("/" + self.components.dropLast().joined(separator: "/"), name)
    }

    /// The components after those of `folder`, or nothing when the path is not beneath it.
    func components(beneath folder: PlainPath) -> [String]? {
        let isWithin = self.components.starts(with: folder.components) { $0.utf8.elementsEqual($1.utf8) }
        guard isWithin, self.components.count > folder.components.count else { return nil }
        return Array(self.components.dropFirst(folder.components.count))
    }
}
