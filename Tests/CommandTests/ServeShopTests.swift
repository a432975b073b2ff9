import ServerSettings
import Testing

@Suite("vmshop-server serve")
struct ServeShopTests {
    @Test("ends with 78 and names the process when another serves from its state directory")
    func taken() async throws {
        try await withDirectory { directory in
            let lock = try StateLock(directory: directory)
            let run = try await Tool.shopServer.run(
                "serve",
                "--set",
                "state.directory=\(directory)",
                "--set",
                "http.port=0"
            )
            withExtendedLifetime(lock) {}
            #expect(run.exitCode == 78)
            #expect(run.errors.contains("serves from `\(directory)` already"))
        }
    }
}
