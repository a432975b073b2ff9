import Foundation
import ServerSettings
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("Plants that join a shop", .serialized, .timeLimit(.minutes(1)))
struct JoinTests {
    private static let key = "0123456789abcdef-key"

    /// A shop with one plant in its settings, and one that may join.
    private static func run(
        _ settings: [String] = [],
        _ body: @Sendable (TestShop, StubPlant, LocalServer<StubPlant>) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with { directory in
            try Data((key + "\n").utf8).write(to: URL(filePath: directory("key")))
            let plants = [StubPlant("plant-1"), StubPlant("plant-2")]
            let servers = [try await LocalServer.started(plants[0]), try await LocalServer.started(plants[1])]
            let shop = try await TestShop(
                plants: [await servers[0].address],
                ["plants.joinKey=" + directory("key")] + settings
            )
            let result: Result<Void, any Error>
            do { result = .success(try await body(shop, plants[1], servers[1])) } catch { result = .failure(error) }
            await shop.remove()
            for server in servers { await server.stop() }
            try result.get()
        }
    }

    private static func order(_ server: LocalServer<StubPlant>, key: String = key) async -> JoinOrder {
        JoinOrder(url: await server.url, key: key)
    }

    @Test("bid from then on, also when the shop was started anew; a plant that says it again changes nothing")
    func joins() async throws {
        try await Self.run { shop, plant, server in
            let entry = try await shop.shop.join("plant-2", Self.order(server))
            #expect(entry.hasJoined == true && entry.status?.name == "plant-2")
            for _ in 0..<3 { _ = try await shop.shop.join("plant-2", Self.order(server)) }
            #expect(await plant.count(of: .status) == 1)
            await plant.bid(total: 1)
            #expect(
                try await shop.shop.estimate(Documents.machine(), policy: nil).bids.map(\.plant) == [
                    "plant-2", "plant-1",
                ]
            )
            try await shop.restart()
            #expect(try await shop.shop.plants().map(\.hasJoined) == [nil, true])
            #expect(try await shop.create().plant == "plant-2")
        }
    }

    @Test("are listened to where a shop goes by what plants tell, and no more once they are dismissed")
    func told() async throws {
        try await Self.run(["bids.mode=told"]) { shop, plant, server in
            await plant.tellBids(machines: 0)
            let parts = try await shop.shop.parts
            let listening = Task { try await Subscriptions(shop: parts).run() }
            defer { listening.cancel() }
            _ = try await shop.shop.join("plant-2", Self.order(server))
            try await until("it is heard") { await parts.board.plants().count == 1 ? true : nil }
            for _ in 0..<2 {
                _ = try await shop.shop.dismiss("plant-2")
                try await until("it is heard no more") { await parts.board.plants().isEmpty ? true : nil }
                _ = try await shop.shop.join("plant-2", Self.order(server))
                try await until("it is heard again") { await parts.board.plants().count == 1 ? true : nil }
            }
        }
    }

    @Test("are off the list when they are dismissed, for good, and the machines that they have stay")
    func dismissed() async throws {
        try await Self.run { shop, plant, server in
            _ = try await shop.shop.join("plant-2", Self.order(server))
            await plant.bid(total: 1)
            let machine = try await shop.create()
            #expect(machine.plant == "plant-2")
            let entry = try await shop.shop.dismiss("plant-2")
            #expect(entry.url == (await server.url))
            try await shop.restart()
            #expect(try await shop.shop.plants().count == 1)
            #expect(try await shop.shop.machine(machine.id).state == .ready)
            #expect(try await shop.shop.collect(machine.id).state == .collected)
            #expect(await plant.running.isEmpty)
            for name in ["plant-2", "plant-1", "nobody"] {
                await Self.expect(.plantUnknown) { _ = try await shop.shop.dismiss(name) }
            }
        }
    }

    @Test("must know the key, be who they say, and have an address; a name has one")
    func refused() async throws {
        try await Self.run { shop, _, server in
            let good = await Self.order(server)
            for key in ["", "0123456789abcdef-kez", Self.key + "x"] {
                await Self.expect(.plantNotAdmitted) {
                    _ = try await shop.shop.join("plant-2", Self.order(server, key: key))
                }
            }
            await Self.expect(.callInvalid) { _ = try await shop.shop.join("plant-3", good) }
            for url in ["", "file:///etc/passwd", "http://user@host:1", "http://127.0.0.1:99999", "http://h?x=1"] {
                await Self.expect(.callInvalid) {
                    _ = try await shop.shop.join("plant-2", JoinOrder(url: url, key: Self.key))
                }
            }
            await Self.expect(.unreachable) {
                _ = try await shop.shop.join("plant-2", JoinOrder(url: "http://127.0.0.1:9", key: Self.key))
            }
            #expect(try await shop.shop.plants().count == 1)
            _ = try await shop.shop.join("plant-2", good)
            // One of the settings, by another address.
            _ = try await shop.shop.plants()
            let double = try await LocalServer.started(StubPlant("plant-1"))
            await Self.expect(.plantNotAdmitted) { _ = try await shop.shop.join("plant-1", Self.order(double)) }
            await double.stop()
            let twin = try await LocalServer.started(StubPlant("plant-2"))
            await Self.expect(.plantNotAdmitted) { _ = try await shop.shop.join("plant-2", Self.order(twin)) }
            await Self.expect(.plantNotAdmitted) { _ = try await shop.shop.join("plant-9", good) }
            await twin.stop()
            #expect(try await shop.shop.plants().map(\.url).last == good.url)
        }
    }

    @Test("cannot join a shop without a key, nor one whose key is short")
    func noKey() async throws {
        try await Lab.run(1) { lab in
            let order = JoinOrder(url: await lab.servers[0].url, key: Self.key)
            await Self.expect(.plantNotAdmitted) { _ = try await lab.shop.shop.join("plant-1", order) }
        }
        try await TemporaryDirectory.with { directory in
            for text in ["short", "", "two words that are long enough"] {
                try Data(text.utf8).write(to: URL(filePath: directory("key")))
                let error = #expect(throws: SettingsError.self) {
                    try SharedKey(file: directory("key"), setting: "plants.joinKey")
                }
                #expect(error?.message.contains("plants.joinKey") == true)
            }
        }
    }

    private static func expect(_ code: ErrorCode, _ call: () async throws -> Void) async {
        do {
            try await call()
            Issue.record("it was taken")
        } catch {
            #expect((error as? ServiceError)?.code == code, "\(error)")
        }
    }
}
