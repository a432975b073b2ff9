import CostModel
import DAGModel
import ShopAPI
import Testing
import VMShopTesting
import Warehouse

@testable import VMPlantServer

@Suite("what a plant plans, and why", .timeLimit(.minutes(2)))
struct PlanTests {
    private static let slow = Action(id: "slow", operation: .script("sleep 0.7"))
    private static let quick = Action(id: "quick", operation: .script(":"))
    private static let document = RequestText.document(
        [RequestText.action("slow", "sleep 0.7"), RequestText.action("quick", ":")],
        edges: [],
        image: nil
    )

    /// An image with the slow step done, one with the quick one, and one with a step that is nearly the slow one.
    private func withImages(_ test: @Sendable (PlantFixture) async throws -> Void) async throws {
        try await TemporaryDirectory.with { directory in
            try await PlantFixture.prepare(directory)
            let nearly = Action(id: "slow", operation: .script("sleep 7"))
            for (name, action) in [("has-slow", Self.slow), ("has-quick", Self.quick), ("other", nearly)] {
                let history = [PerformedAction(action, outputs: [:])]
                try await PlantFixture.publish(image: name, in: directory, history: history)
            }
            try await PlantFixture.run(in: directory, .init(), test)
        }
    }

    @Test("the image by which the machine is ready first is planned; every step has its time and its reason")
    func soonest() async throws {
        try await withImages { plant in
            // Both images save one step of unknown duration; then the first by name is as good.
            let first = try await plant.client.estimate(Self.document, policy: nil)
            #expect(first.bids.first?.plan.image == "has-quick")
            #expect(first.bids.first?.plan.work.actions.map(\.expected.basis) == ["assumed, never seen here"])

            // What machines teach while they are made.
            let durations = plant.plant.parts.durations
            try await durations.learn([.key(Self.slow.key)], seconds: 0.7)
            try await durations.learn([.key(Self.quick.key)], seconds: 0.1)

            let plan = try #require(try await plant.client.estimate(Self.document, policy: nil).bids.first?.plan)
            #expect(plan.image == "has-slow" && plan.reused == ["slow"] && plan.left == ["quick"])
            let quick = try #require(plan.work.actions.first)
            #expect(quick.expected.basis == "1 run of this very step" && quick.expected.seconds == 0.1)

            // One that was never started is expected to start like others.
            try await durations.learn([.boot(image: "has-slow"), .anyBoot], seconds: 9)
            let start = try await plant.client.estimate(Self.document, policy: nil).bids.first?.plan
            #expect(start?.image == "has-slow" && start?.work.boot.seconds == 9)

            // An image that starts slowly is no better for having more done.
            try await durations.learn([.boot(image: "has-slow")], seconds: 600)
            try await durations.learn([.boot(image: "has-slow")], seconds: 600)
            #expect(try await plant.client.estimate(Self.document, policy: nil).bids.first?.plan.image == "has-quick")
        }
    }

    @Test("of an image that is not taken it is said what stops it, step by step")
    func whyNot() async throws {
        try await withImages { plant in
            let other = try #require(try await plant.client.explain(Self.document, image: "other").verdicts.first)
            #expect(!other.isChosen && other.plant == "p1")
            #expect(other.reasons.first?.contains("which the request does not ask for") == true)
            let difference = StepDifference("line 1 of the script", "\"sleep 7\"", "\"sleep 0.7\"")
            #expect(other.steps.map(\.verdict) == [.almostTheSame(action: "slow", difference: difference)])

            let worse = try #require(try await plant.client.explain(Self.document, image: "small").verdicts.first)
            #expect(!worse.isChosen && worse.steps.isEmpty)
            #expect(worse.reasons.first?.hasPrefix("has-quick is better") == true)

            let best = try #require(try await plant.client.explain(Self.document, image: "has-quick").verdicts.first)
            #expect(best.isChosen && best.reasons.isEmpty)
            #expect(best.steps.map(\.verdict) == [.matched(action: "quick")])

            let absent = try #require(try await plant.client.explain(Self.document, image: "absent").verdicts.first)
            #expect(absent.reasons == ["there is no image absent in the warehouse"])
            await expect(code: .requestInvalid) { try await plant.client.explain(Array("<no/>".utf8), image: "small") }
        }
    }
}
