import ClassAds
import CostModel
import DAGModel
import MachineBook
import NetStore
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("the way of a machine through a plant", .timeLimit(.minutes(2)))
struct LifeCycleTests {
    @Test("create, query, configure, collect: and nothing is left")
    func wholeLife() async throws {
        try await PlantFixture.with { plant in
            let id = MachineID.new()
            let runs = plant.directory("runs")
            let count = RequestText.action(
                "count",
                "echo count >> \"$RUNS\"; echo steps=3 >> \"$VMSHOP_ATTRIBUTES\"",
                RequestText.parameter("RUNS", runs) + #"<output name="steps" type="integer"/>"#
            )
            let further = RequestText.action(
                "further",
                "echo further >> \"$RUNS\"",
                RequestText.parameter("RUNS", runs)
            )

            let accepted = try await plant.client.create(id, RequestText.document([count]), options: CreateOptions())
            #expect(accepted.state == .creating)
            let ready = try await plant.client.settled(id)
            #expect(ready.state == .ready && ready.error == nil && ready.address != nil && ready.ready != nil)
            #expect(ready.actions.map(\.status) == [.done])
            #expect(ready.attributes["steps"] == .integer(3))

            let query = try Query(parsing: #"steps == 3 && Image == "small" && State == "ready" && Owner == "alice""#)
            #expect(try await plant.client.machines(matching: query, includeGone: false).map(\.id) == [id])
            #expect(try await plant.client.machines(matching: Query(parsing: "steps > 3"), includeGone: true).isEmpty)

            let both = RequestText.document([count, further])
            #expect(try await plant.client.configure(id, both).state == .configuring)
            let configured = try await plant.client.settled(id)
            #expect(configured.state == .ready && configured.error == nil)
            #expect(configured.actions.map(\.status) == [.done, .done])
            #expect(plant.directory.read("runs") == "count\nfurther\n")

            let gone = try await plant.client.collect(id)
            #expect(gone.state == .collected && gone.address == nil)
            try await plant.expectNothingLeft()
        }
    }

    @Test("what was expected is kept with the machine, and beside it how long it took; the plant learns from both")
    func timing() async throws {
        try await PlantFixture.with { plant in
            let document = RequestText.document([RequestText.action("one", "sleep 0.2")])
            let before = try await plant.client.estimate(document, policy: nil)
            #expect(before.bids.first?.plan.accuracy == nil)
            let id = MachineID.new()
            let accepted = try await plant.client.create(id, document, options: .init())
            let expected = try #require(accepted.timing)
            #expect(expected.steps.map(\.name) == ["clone", "start", "one"])
            #expect(expected.expected == before.bids.first?.plan.work.seconds)
            #expect(expected.actual == nil && expected.steps.allSatisfy { $0.actual == nil })

            let timing = try #require(try await plant.client.settled(id).timing)
            let actual = try #require(timing.actual)
            #expect(timing.expected == expected.expected)
            #expect(timing.steps.allSatisfy { $0.actual != nil })
            #expect(actual >= timing.steps.compactMap(\.actual).reduce(0, +))
            let events = try await plant.client.events(of: id, after: 0, wait: .zero).events
            #expect(events.contains { $0.message.hasSuffix("s were expected") })

            // Learned just after the machine is ready.
            var accuracy: EstimateAccuracy?
            for _ in 0..<100 where accuracy == nil {
                try await Task.sleep(for: .milliseconds(20))
                accuracy = try await plant.client.estimate(document, policy: nil).bids.first?.plan.accuracy
            }
            #expect(accuracy?.machines == 1 && accuracy?.median == timing.ratio)
            let status = try await plant.client.status()
            #expect(status.details["estimates"]?.hasPrefix("estimates of the last 1 machine: median") == true)
        }
    }

    @Test("events are numbered without gaps and tell the way")
    func events() async throws {
        try await PlantFixture.with { plant in
            let id = MachineID.new()
            _ = try await plant.client.create(
                id,
                RequestText.document([RequestText.action("one", ":")]),
                options: .init()
            )
            _ = try await plant.client.settled(id)
            let events = try await plant.client.events(of: id, after: 0, wait: .zero).events
            #expect(events.map(\.sequence) == Array(1...events.count))
            #expect(events.compactMap(\.state) == [.creating, .ready])
            let kinds = events.map(\.kind)
            #expect(kinds.contains(.booted) && kinds.contains(.actionStarted) && kinds.contains(.actionFinished))
            // Seven that are made, and how long all of it took.
            #expect(kinds.filter { $0 == .step }.count == 8)
            #expect(
                try await plant.client.events(of: id, after: events.count - 1, wait: .zero).events == events.suffix(1)
            )
            _ = try await plant.client.collect(id)
        }
    }

    @Test("the same creation again is the same machine; another request, or a collected id, is refused")
    func idempotence() async throws {
        try await PlantFixture.with { plant in
            let id = MachineID.new()
            let document = RequestText.document([RequestText.action("one", ":")])
            let answers = try await withThrowingTaskGroup(of: Machine.self) { group in
                for _ in 0..<10 { group.addTask { try await plant.client.create(id, document, options: .init()) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.map(\.created)).count == 1)
            let ready = try await plant.client.settled(id)
            #expect(try await plant.client.create(id, document, options: .init()) == ready)
            #expect(ready.actions.map(\.attempts) == [1])
            await expect(code: .machineConflict) {
                try await plant.client.create(id, RequestText.document(), options: .init())
            }
            _ = try await plant.client.collect(id)
            #expect(try await plant.client.collect(id).state == .collected)
            await expect(code: .machineCollected) { try await plant.client.create(id, document, options: .init()) }
            try await plant.expectNothingLeft()
        }
    }

    @Test("the collection of an unknown id leaves a tombstone that a late creation finds")
    func tombstone() async throws {
        try await PlantFixture.with { plant in
            let id = MachineID.new()
            #expect(try await plant.client.collect(id).state == .collected)
            await expect(code: .machineCollected) {
                try await plant.client.create(id, RequestText.document(), options: .init())
            }
            try await plant.expectNothingLeft()
        }
    }

    @Test("a collection ends a creation that waits for its guest, or runs an action", arguments: [true, false])
    func collectDuringCreation(hasGuest: Bool) async throws {
        try await PlantFixture.with(.init(guests: hasGuest)) { plant in
            let id = MachineID.new()
            let document = RequestText.document([RequestText.action("slow", "sleep 1000", timeout: "1000s")])
            _ = try await plant.client.create(id, document, options: .init())
            try await Eventually.holds("the domain runs") {
                let events = try await plant.client.events(of: id, after: 0, wait: .zero).events
                return events.contains { hasGuest ? $0.kind == .actionStarted : $0.message.hasPrefix("domain started") }
            }
            #expect(try await plant.client.collect(id).state == .collected)
            try await plant.expectNothingLeft()
        }
    }

    @Test("a collection at any moment of a creation is final", arguments: 0..<12)
    func collectAtAnyMoment(step: Int) async throws {
        try await PlantFixture.with(.init(guests: false)) { plant in
            let ids = (0..<6).map { _ in MachineID.new() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, id) in ids.enumerated() {
                    group.addTask { _ = try? await plant.client.create(id, RequestText.document(), options: .init()) }
                    group.addTask {
                        try await Task.sleep(for: .milliseconds(step * 6 + index))
                        #expect(try await plant.client.collect(id).state == .collected)
                    }
                }
                try await group.waitForAll()
            }
            try await plant.expectNothingLeft()
        }
    }
}
