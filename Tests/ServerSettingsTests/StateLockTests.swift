import Foundation
import ServerSettings
import Testing

@Suite("The lock of a state directory")
struct StateLockTests {
    @Test("is held by one, who is named to the others, and is free again when that one is gone")
    func exclusive() throws {
        try withFolder { folder in
            var first: StateLock? = try StateLock(directory: folder)
            withExtendedLifetime(first) {
                let error = #expect(throws: SettingsError.self) { try StateLock(directory: folder) }
                #expect(error?.message.contains("process \(ProcessInfo.processInfo.processIdentifier) ") == true)
                #expect(error?.message.contains("state.directory") == true)
            }
            first = nil
            let second = try StateLock(directory: folder)
            second.release()
            _ = try StateLock(directory: folder)
            withExtendedLifetime(second) {}
        }
    }

    @Test("a file that is left over keeps nobody out, however long its text")
    func leftOver() throws {
        try withFolder { folder in
            try Data("99999999999999999999999999999999999999999\n".utf8).write(to: URL(filePath: folder + "/lock"))
            let lock = try StateLock(directory: folder)
            try withExtendedLifetime(lock) {
                let text = try String(contentsOfFile: folder + "/lock", encoding: .utf8)
                #expect(text == "\(ProcessInfo.processInfo.processIdentifier)\n")
            }
        }
    }

    @Test("a directory that is not there is said to be the reason")
    func missing() {
        let error = #expect(throws: SettingsError.self) { try StateLock(directory: "/nonexistent") }
        #expect(error?.message.contains("/nonexistent/lock") == true)
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "vmshop-lock-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }
}
