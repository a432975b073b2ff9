/// An absolute path without `.`, `..`, empty components or control characters.
struct PlainPath: Sendable, Hashable, CustomStringConvertible {
    let components: [String]

    /// A path of components that are known to be plain.
    init(components: [String]) {
        self.components = components
    }

    /// Checks `text`; several slashes in a row count as one.
    init(_ text: String) throws(WarehouseError) {
        guard text.hasPrefix("/") else {
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
        let components = text.split(separator: "/").map(String.init)
        guard !components.contains(".."), !components.contains(".") else {
            throw WarehouseError(.unsafePath, "\(text.debugDescription) has a component `.` or `..`")
        }
        return components
    }

    var description: String { "/" + self.components.joined(separator: "/") }

    /// The folder and the name in it.
    func split() throws(WarehouseError) -> (folder: String, name: String) {
        guard let name = self.components.last else { throw WarehouseError(.unsafePath, "/ is no file") }
        return ("/" + self.components.dropLast().joined(separator: "/"), name)
    }

    /// The components after those of `folder`, or nothing when the path is not beneath it.
    func components(beneath folder: PlainPath) -> [String]? {
        guard self.components.starts(with: folder.components), self.components.count > folder.components.count else {
            return nil
        }
        return Array(self.components.dropFirst(folder.components.count))
    }
}
