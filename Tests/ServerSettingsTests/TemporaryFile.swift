import Foundation

/// A file with a text, removed when the test is done with it.
func withFile<Value>(_ text: String, _ body: (String) async throws -> Value) async throws -> Value {
    let path = NSTemporaryDirectory() + "vmshop-settings-" + UUID().uuidString + ".yaml"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}
