import FoundationEssentials
import Subprocess
import Testing

@testable import Warehouse

/// A folder for one test, gone after it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let name = "warehouse-test-" + String(UInt64.random(in: .min ... .max), radix: 16)
        self.path = FileManager.default.temporaryDirectory.path + "/" + name
        try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    /// The path of `name` in the folder.
    func callAsFunction(_ name: String) -> String { "\(self.path)/\(name)" }

    /// Writes a file, and makes the folders that it is in.
    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let path = self(name)
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(atPath: "/" + folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: path))
        return path
    }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try self.write([UInt8](text.utf8), to: name)
    }

    func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: self(name))))
    }

    func list(_ name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self(name)).sorted()
    }
}

/// Real tools, as independent witnesses of what the room writes.
enum Tool {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    @discardableResult
    static func run(_ name: String, _ arguments: String...) async throws -> String {
        try await self.run(name, arguments)
    }

    @discardableResult
    static func run(_ name: String, _ arguments: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .name(name),
            arguments: Arguments(arguments),
            output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20)
        )
        let output = result.standardOutput
        guard result.terminationStatus.isSuccess else {
            let error = result.standardError
            throw Failure(description: "\(name) \(arguments): \(result.terminationStatus) \(output) \(error)")
        }
        return output
    }
}

/// Expects that `body` throws a ``WarehouseError`` with `code`, and answers its message.
@discardableResult
func expectError(
    _ code: WarehouseError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async -> String {
    do {
        try await body()
        Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch let error as WarehouseError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
        return error.message
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
    return ""
}
