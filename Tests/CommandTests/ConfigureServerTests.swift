import Foundation
import ServerSettings
import Testing

@testable import ServerCommands

@Suite("vmshop-server configure, vmplant-server configure")
struct ConfigureServerTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test(
        "with --defaults writes the published file",
        arguments: [("vmshop", Tool.shopServer), ("vmplant", Tool.plantServer)]
    )
    func defaults(name: String, tool: Tool) async throws {
        try await withDirectory { directory in
            let run = try await tool.run("configure", "--defaults", directory: directory)
            #expect(run.exitCode == 0, "\(run.errors)")
            #expect(run.output == "wrote config/\(name).yaml\n")
            #expect(
                try text(directory + "/config/\(name).yaml")
                    == text(Self.root.appending(path: "config/\(name).yaml").path())
            )
        }
    }

    @Test("asks, takes answers, defaults for empty lines, and asks again after a bad answer")
    func interactive() async throws {
        try await withDirectory { directory in
            let answers = "my-shop\n\nmany\n70000x\n8200\n/srv/shop\n\n10.0.0.1:8101, 10.0.0.2:8101,\n"
            let run = try await Tool.shopServer.run(
                "configure",
                "--file",
                "s.yaml",
                input: answers,
                directory: directory
            )
            #expect(run.exitCode == 0, "\(run.errors)")
            #expect(run.output.components(separatedBy: "a number, please").count == 3)
            let written = try text(directory + "/s.yaml")
            #expect(written.contains("name: \"my-shop\""))
            #expect(written.contains("host: \"127.0.0.1\""))
            #expect(written.contains("port: 8200"))
            #expect(written.contains(#"addresses: ["10.0.0.1:8101", "10.0.0.2:8101"]"#))
        }
    }

    @Test("the end of the input ends the questions; the rest keeps its defaults")
    func endOfInput() async throws {
        try await withDirectory { directory in
            let run = try await Tool.shopServer.run(
                "configure",
                "--file",
                "s.yaml",
                input: "only\n",
                directory: directory
            )
            #expect(run.exitCode == 0)
            #expect(
                try text(directory + "/s.yaml")
                    == SettingsSheet.shop.text.replacing("name: \"shop\"", with: "name: \"only\"")
            )
        }
    }

    @Test("does not write over a file unless it is told to, and asks nothing before it says so")
    func overwriting() async throws {
        try await withDirectory { directory in
            try "mine".write(in: directory, as: "s.yaml")
            let refused = try await Tool.shopServer.run(
                "configure",
                "--file",
                "s.yaml",
                input: "a\n",
                directory: directory
            )
            #expect(refused.exitCode == 64)
            #expect(refused.output.isEmpty)
            #expect(try text(directory + "/s.yaml") == "mine")
            let forced = try await Tool.shopServer.run(
                "configure",
                "--file",
                "s.yaml",
                "--force",
                "--defaults",
                directory: directory
            )
            #expect(forced.exitCode == 0)
            #expect(try text(directory + "/s.yaml") == SettingsSheet.shop.text)
        }
    }

    @Test(
        "a --set that cannot be used writes nothing",
        arguments: [
            ("http.prot=1", Int32(64)), ("http.port", 64), ("http.port=many", 64), ("http.port=70000", 78),
            ("cost.policy=cheap", 78), ("plants.addresses=fd00::1:80", 78), ("name=my shop", 78),
            ("timeouts.accept=0", 78),
        ]
    )
    func badSet(flag: String, exitCode: Int32) async throws {
        try await withDirectory { directory in
            let run = try await Tool.shopServer.run(
                "configure",
                "--defaults",
                "--file",
                "s.yaml",
                "--set",
                flag,
                directory: directory
            )
            #expect(run.exitCode == exitCode)
            #expect(run.errors.contains(String(flag.prefix { $0 != "=" })))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        }
    }

    @Test("an address file that is not there is 66")
    func addressFile() async throws {
        try await withDirectory { directory in
            let place = ["--set", "state.directory=" + directory]
            let run = try await Tool.plantServer.run(["addresses", "import", "/nonexistent/ip.txt"] + place)
            #expect(run.exitCode == 66)
            #expect(run.errors.contains("/nonexistent/ip.txt") && !run.errors.contains("Code="))
        }
    }

    @Test("a variable that is mistyped keeps a server from starting")
    func variable() async throws {
        let run = try await Tool.plantServer.run("serve", environment: ["VMPLANT_HTTP_PROT": "1"])
        #expect(run.exitCode == 78)
        #expect(run.errors.contains("VMPLANT_HTTP_PROT"))
    }

    @Test("a --set answers beforehand")
    func set() async throws {
        try await withDirectory { directory in
            let run = try await Tool.plantServer.run(
                "configure",
                "--set",
                "name=p7",
                "--set",
                "http.host=10.0.0.7",
                "--file",
                "p.yaml",
                directory: directory
            )
            #expect(run.exitCode == 0)
            #expect(!run.output.contains("name [plant]"))
            #expect(try text(directory + "/p.yaml").contains("name: \"p7\""))
        }
    }

    @Test("a server that cannot start says why in a line, with 78 for a setting")
    func serving() async throws {
        try await withDirectory { directory in
            let file = try "http:\n  prot: 80\n".write(in: directory, as: "s.yaml")
            for tool in [Tool.shopServer, .plantServer] {
                let unknown = try await tool.run("serve", "--config", file)
                #expect(unknown.exitCode == 78)
                #expect(unknown.errors.contains("\(file):2"))
                #expect(unknown.errors.contains("http.prot"))
                let wrong = try await tool.run("serve", "--config", "/nonexistent.yaml")
                #expect(wrong.exitCode == 78)
                let level = try await tool.run("serve", "--log-level", "loud")
                #expect(level.exitCode == 64)
            }
        }
    }
}
