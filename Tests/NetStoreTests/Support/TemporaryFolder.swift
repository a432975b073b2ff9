import Glibc
import Testing

/// Runs a body with a fresh directory under /tmp, and removes it afterwards.
func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    var template = Array("/tmp/netstore-XXXXXX".utf8CString)
    let path = try #require(mkdtemp(&template).map { String(cString: $0) })
    do {
        let result = try await body(path)
        try await Command.run("/bin/rm", "-rf", path)
        return result
    } catch {
        _ = try? await Command.run("/bin/rm", "-rf", path)
        throw error
    }
}
