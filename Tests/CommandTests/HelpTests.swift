import ShopAPI
import Testing

@Suite("Help and usage")
struct HelpTests {
    static let commands = [
        [], ["validate"], ["estimate"], ["create"], ["list"], ["query"], ["show"], ["configure"], ["collect"],
        ["plant"], ["plant", "list"],
        ["image"], ["image", "publish"], ["image", "list"], ["image", "show"], ["image", "verify"],
        ["image", "remove"], ["image", "tree"], ["image", "warm"], ["image", "rollback"], ["image", "gc"],
        ["image", "fetch"],
    ]

    @Test("every command has help on standard output, which fits its name", arguments: commands)
    func help(command: [String]) async throws {
        let run = try await Tool.vmshop.run(command + ["--help"])
        #expect(run.exitCode == 0)
        #expect(run.errors.isEmpty)
        #expect(run.output.contains("USAGE: " + (["vmshop"] + command).joined(separator: " ")))
        #expect(run.output.contains("OVERVIEW: "))
        #expect(!run.output.contains("(default: nil)"))
    }

    @Test("the help of vmshop names every command and every exit code")
    func overview() async throws {
        let output = try await Tool.vmshop.run("--help").output
        for command in Self.commands where command.count == 1 { #expect(output.contains("  " + command[0])) }
        let words = Set(output.split(whereSeparator: \.isWhitespace))
        // 74 is the command's own: no service fails so. That a shop was started anew is told to the shop alone.
        let codes = ErrorCode.allCases.filter { $0 != .superseded }
        for code in Set(codes.map(\.exitCode) + [74]) { #expect(words.contains("\(code)"), "\(code)") }
    }

    @Test("the servers have help, too", arguments: [[], ["serve"], ["configure"]])
    func servers(command: [String]) async throws {
        for server in [Tool.shopServer, .plantServer] {
            let run = try await server.run(command + ["--help"])
            #expect(run.exitCode == 0)
            #expect(run.output.contains("USAGE: " + server.name))
        }
    }

    @Test("the commands on a plant's addresses have help", arguments: [[], ["list"], ["import"], ["export"]])
    func addresses(command: [String]) async throws {
        let run = try await Tool.plantServer.run(["addresses"] + command + ["--help"])
        #expect(run.exitCode == 0)
        #expect(run.output.contains("USAGE: vmplant-server addresses"))
    }

    @Test("the version is the product's")
    func version() async throws {
        for tool in [Tool.vmshop, .shopServer, .plantServer] {
            #expect(try await tool.run("--version").output == ShopAPI.productVersion + "\n")
        }
    }

    @Test(
        "wrong usage exits with 64 and says what is wrong",
        arguments: [
            ["brew"], ["validate"], ["create", "-", "--id", "x"], ["collect"], ["list", "--output", "yaml"], ["query"],
            ["create", "-", "--policy", "cheap"],
            ["query", "Memory >"], ["collect", "--matching", "Memory >"], ["image", "publish", "x"],
            ["list", "--url", "shop:80"], ["list", "--url", "http://127.0.0.1:99999"],
            ["list", "--url", "http://h:-1"],
            ["list", "--url", "http://h:80/?x"],
        ]
    )
    func usage(arguments: [String]) async throws {
        let run = try await Tool.vmshop.run(arguments)
        #expect(run.exitCode == 64)
        #expect(run.output.isEmpty)
        #expect(run.errors.lowercased().contains("error"))
    }

    @Test("a query that cannot be read is shown with the place")
    func pointing() async throws {
        let run = try await Tool.vmshop.run("query", "Memory >= && x")
        #expect(run.errors.contains("  Memory >= && x\n"))
        #expect(run.errors.contains("^"))
    }

    @Test("a service that is not there is 69, and the address is named")
    func unreachable() async throws {
        let run = try await Tool.vmshop.run("list", "--url", "http://127.0.0.1:1")
        #expect(run.exitCode == 69)
        #expect(run.errors.contains("http://127.0.0.1:1"))
        #expect(run.errors.contains("hint:"))
    }
}
