import FoundationEssentials
import Glibc
import ShopAPI
import Testing
import VMShopTesting

@Suite("A plant that joins a shop, as processes", .timeLimit(.minutes(2)))
struct JoinProcessTests {
    @Test("is in the shop's list, there again after the shop was killed, and off it when it is removed")
    func whole() async throws {
        try await TemporaryDirectory.with { directory in
            try Data("a-key-of-some-length\n".utf8).write(to: URL(filePath: directory("key")))
            let shop = try await Self.shop(directory, port: 0)
            let url = "http://127.0.0.1:\(shop.port)"
            try await PlantFixture.prepare(directory)
            let plant = try await PlantProcess.start(
                in: directory,
                settings: ["shops.addresses=" + url, "shops.key=" + directory("key")]
            )
            try await Self.lists(url) { $0.contains("joined by itself") && $0.contains("p1") }
            try await Self.kill(shop.process)
            let again = try await Self.shop(directory, port: shop.port)
            try await Self.lists(url) { $0.contains("joined by itself") && $0.contains("p1") && $0.contains("ready") }
            try await plant.kill()
            let removed = try await Tool.vmshop.run("plant", "remove", "p1", "--url", url)
            #expect(removed.exitCode == 0 && removed.output.contains("is not in the list any more"))
            #expect(try await Tool.vmshop.run("plant", "list", "--url", url).output.contains("no plants"))
            #expect(try await Tool.vmshop.run("plant", "remove", "p1", "--url", url).exitCode == 66)
            try await Self.kill(again.process)
        }
    }

    @Test(
        "needs a key, and an address that others can use",
        arguments: [
            (["shops.addresses=http://127.0.0.1:1"], "shops.key"),
            (["shops.addresses=http://127.0.0.1:1", "shops.key=/nonexistent"], "shops.key"),
            (["shops.addresses=http://127.0.0.1:1", "shops.key=/k", "http.host=0.0.0.0"], "shops.advertise"),
            (["shops.addresses=nowhere"], "shops.addresses"),
        ]
    )
    func settings(flags: [String], words: String) async throws {
        let run = try await Tool.plantServer.run(["serve"] + flags.flatMap { ["--set", $0] })
        #expect(run.exitCode == 78)
        #expect(run.errors.contains(words))
    }

    private static func shop(_ directory: TemporaryDirectory, port: Int) async throws -> ListeningProcess {
        try await ListeningProcess.start(
            "vmshop-server",
            [
                "name=shop", "http.port=\(port)", "state.directory=" + directory("shop"),
                "plants.joinKey=" + directory("key"),
            ],
            log: "shop.log",
            in: directory
        )
    }

    private static func lists(_ url: String, _ isRight: @escaping @Sendable (String) -> Bool) async throws {
        try await Eventually.holds("the shop has the plant", within: .seconds(30)) {
            isRight(try await Tool.vmshop.run("plant", "list", "--url", url).output)
        }
    }

    private static func kill(_ process: ChildProcess) async throws {
        process.send(SIGKILL)
        _ = try await process.ended(within: .seconds(10))
    }
}
