import CostModel
import DAGModel
import ShopAPI
import Testing
import VMShopTesting
import Warehouse

@testable import VMPlantServer

@Suite("what a plant refuses, and its bids", .timeLimit(.minutes(2)))
struct RefusalTests {
    @Test("a refusal has every reason")
    func everyReason() async throws {
        try await PlantFixture.with(.init(["limits.machines=1"])) { plant in
            let first = MachineID.new()
            _ = try await plant.client.create(first, RequestText.document(), options: .init())
            let greedy = RequestText.document(
                [RequestText.action("a", ":")],
                hardware: "<memory>1TiB</memory><cpus>1000</cpus>"
            )
            let error = await expect(code: .refused) { try await plant.client.create(.new(), greedy, options: .init()) }
            let reasons = try #require(error?.refusals?.first?.reasons)
            for part in ["memory", "1000", "it holds 1 machines"] {
                #expect(reasons.contains { $0.contains(part) }, "\(part) in \(reasons)")
            }
            #expect(try await plant.client.estimate(greedy, policy: nil).refusals.first?.reasons == reasons)
            _ = try await plant.client.collect(first)
        }
    }

    @Test("a request that requires what the plant is not is refused, and told what the plant is")
    func requirements() async throws {
        try await PlantFixture.with(.init(["attributes=Rack=b12,Ssd=true", "cost.price=2"], guests: false)) { plant in
            func estimate(_ requirements: String) async throws -> Estimate {
                try await plant.client.estimate(RequestText.document(requirements: requirements), policy: nil)
            }
            #expect(try await estimate(#"Rack == "b12" && Ssd && Price <= 2 && Plant == "p1""#).bids.count == 1)
            let refused = try await estimate(#"Rack == "b13" && Gpu"#)
            let reason = #"it does not meet the requirements `Rack == "b13" && Gpu`: Rack is "b12", it has no Gpu"#
            #expect(refused.refusals.map(\.reasons) == [[reason]])
            let status = try await plant.client.status()
            #expect(status.details["attributes"]?.contains("Rack=b12, Ssd=true") == true)
        }
    }

    @Test("an unknown image is refused by name; a document with mistakes with all of them")
    func unknownImage() async throws {
        try await PlantFixture.with { plant in
            let unknown = RequestText.document(image: "nonesuch")
            let error = await expect(code: .refused) {
                try await plant.client.create(.new(), unknown, options: .init())
            }
            #expect(error?.message.contains("nonesuch") == true)
            let broken = Array(
                #"<request xmlns="urn:vmshop:request:1"><client/><start><image/></start></request>"#.utf8
            )
            let invalid = await expect(code: .requestInvalid) {
                try await plant.client.create(.new(), broken, options: .init())
            }
            #expect((invalid?.diagnostics?.count ?? 0) >= 2)
            let machines = try await plant.client.machines(matching: nil, includeGone: true)
            #expect(machines.isEmpty)
        }
    }

    @Test("a bid is good for one machine, and not when it is over")
    func bids() async throws {
        try await PlantFixture.with(.init(["timeouts.bid=5"])) { plant in
            let (client, document) = (plant.client, RequestText.document([RequestText.action("a", ":")]))
            let bid = try #require(try await client.estimate(document, policy: .time).bids.first)
            #expect(bid.plan.image == "small" && bid.plan.left == ["a"] && bid.cost.policy == .time)
            let id = MachineID.new()
            let options = CreateOptions(bid: bid.id)
            let answers = try await withThrowingTaskGroup(of: Machine.self) { group in
                for _ in 0..<5 { group.addTask { try await client.create(id, document, options: options) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count == 5)
            await expect(code: .bidExpired) { try await client.create(.new(), document, options: options) }
            let late = try #require(try await client.estimate(document, policy: nil).bids.first)
            try await Task.sleep(for: .milliseconds(5100))
            await expect(code: .bidExpired) { try await client.create(.new(), document, options: .init(bid: late.id)) }
            #expect(try await client.settled(id).state == .ready)
            // A repetition needs no bid that still holds.
            #expect(try await client.create(id, document, options: options).state == .ready)
            _ = try await client.collect(id)
        }
    }

    @Test("actions that an image holds already are not run, and count as done")
    func reuse() async throws {
        try await TemporaryDirectory.with { directory in
            try await PlantFixture.prepare(directory)
            let have = Action(
                id: "have",
                operation: .script("exit 1"),
                timeout: .seconds(20),
                outputs: [Output(name: "made")]
            )
            try await PlantFixture.publish(
                image: "rich",
                in: directory,
                history: [.init(key: have.key, action: "have", operation: nil, outputs: ["made": "before"])]
            )
            try await PlantFixture.run(in: directory) { plant in
                let id = MachineID.new()
                let lack =
                    #"<action id="lack"><parameter name="MADE" from="have.made"/>"#
                    + #"<script>[ "$MADE" = before ]</script></action>"#
                let document = RequestText.document(
                    [RequestText.action("have", "exit 1", #"<output name="made"/>"#), lack],
                    image: nil
                )
                _ = try await plant.client.create(id, document, options: .init())
                let ready = try await plant.client.settled(id)
                #expect(ready.state == .ready && ready.image == "rich", "\(String(describing: ready.error))")
                #expect(ready.actions.map(\.status) == [.reused, .done])
                _ = try await plant.client.collect(id)
            }
        }
    }
}
