import SystemPackage
import Yams

/// The YAML file as far as its keys go: a typing mistake in one must not silently leave a default in force.
enum SettingsFile {
    /// Files larger than this are no settings.
    private static let limit = 1 << 20

    /// Checks that a file has no keys but the given ones.
    ///
    /// - Returns: Whether it has any at all.
    /// - Throws: ``SettingsError`` naming the line, or saying why the file cannot be read.
    static func check(_ path: String, _ knownKeys: [String]?) throws(SettingsError) -> Bool {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text(path))
        } catch {
            throw SettingsError("the file `\(path)` cannot be read: \(error)")
        }
        guard let root, root.scalar?.string.isEmpty != true else { return false }
        guard let mapping = root.mapping else {
            throw SettingsError("the file `\(path)` has no `key: value` lines at its top")
        }
        if let knownKeys { try check(mapping, "", knownKeys, path) }
        return true
    }

    private static func check(
        _ mapping: Node.Mapping,
        _ prefix: String,
        _ knownKeys: [String],
        _ path: String
    ) throws(SettingsError) {
        for (name, value) in mapping {
            let key = prefix + (name.string ?? "")
            let inside = knownKeys.filter { $0.hasPrefix(key + ".") }
            if knownKeys.contains(key) { continue }
            if let section = value.mapping, !inside.isEmpty {
                try check(section, key + ".", knownKeys, path)
            } else if inside.isEmpty || value.scalar?.string.isEmpty == false || value.sequence != nil {
                let near = inside.isEmpty ? knownKeys.filter { $0.hasPrefix(prefix) } : inside
                let place = name.mark.map { "\(path):\($0.line)" } ?? path
                throw SettingsError("\(place): there is no setting `\(key)`; there are \(near.joined(separator: ", "))")
            }
        }
    }

    private static func text(_ path: String) throws -> String {
        let file = try FileDescriptor.open(path, .readOnly)
        return try file.closeAfter {
            try String(unsafeUninitializedCapacity: limit) { buffer in
                var count = 0
                while count < limit {
                    let read = try file.read(
                        into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                    )
                    if read == 0 { break }
                    count += read
                }
                return count
            }
        }
    }
}
