import FoundationEssentials

/// A directory of a test's own. Whoever makes it removes it, ``with(_:)`` does both.
public struct TemporaryDirectory: Sendable, Hashable {
    /// Its absolute path.
    public let path: String

    /// Makes a new, empty directory.
    public init() throws {
        path = FileManager.default.temporaryDirectory.path + "/vmshop-test-" + UUID().uuidString.lowercased()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Runs a test in a directory that is removed afterwards.
    public static func with<Value>(_ body: (TemporaryDirectory) async throws -> Value) async throws -> Value {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        return try await body(directory)
    }

    /// The path of a file in it.
    public func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// The names in one of its directories, sorted; none when it is not there.
    public func list(_ name: String = "") -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: self(name))) ?? []).sorted()
    }

    /// The text of a file in it, `nil` when it is not there.
    public func read(_ name: String) -> String? {
        FileManager.default.contents(atPath: self(name)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Writes a file in it and says where it is.
    @discardableResult
    public func write(_ text: String, to name: String) throws -> String {
        let file = URL(filePath: self(name))
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        return self(name)
    }

    /// Removes it with all that is in it.
    public func remove() { try? FileManager.default.removeItem(atPath: path) }
}
