import ClassAds
import DAGModel
import Hypervisor
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("leases", .timeLimit(.minutes(2)))
struct LeaseTests {
    private static let suspended = AttributeValue.string("its lease is over")

    @Test("a machine is warned and then collected when its lease is over; one without a lease is not")
    func collected() async throws {
        try await PlantFixture.with { plant in
            let (client, id, other) = (plant.client, MachineID.new(), MachineID.new())
            _ = try await client.create(id, RequestText.document(lease: #"duration="4s""#), options: .init())
            _ = try await client.create(other, RequestText.document(), options: .init())
            #expect(try await client.settled(id).state == .ready)
            try await Eventually.holds("it is collected") { try await client.machine(id).state == .collected }
            let events = try await client.events(of: id, after: 0, wait: .zero).events.map(\.message)
            let warning = try #require(
                events.firstIndex { $0.hasPrefix("its lease ends in ") && $0.contains("it is collected then") }
            )
            let end = try #require(events.firstIndex(of: "its lease is over: it is collected"))
            #expect(warning < end)
            #expect(try await client.settled(other).state == .ready)
            _ = try await client.collect(other)
            try await plant.expectNothingLeft()
        }
    }

    /// The test driver says that every domain uses one processor whole.
    @Test(
        "a machine in which nothing is done for longer than its idle limit is warned and collected; one in use is not"
    )
    func idle() async throws {
        let document = RequestText.document([], lease: #"duration="1h" idle="4s""#)
        try await PlantFixture.with(.init(["leases.idle=200"])) { plant in
            let (client, id) = (plant.client, MachineID.new())
            _ = try await client.create(id, document, options: .init())
            try await Eventually.holds("it is collected") { try await client.machine(id).state == .collected }
            let events = try await client.events(of: id, after: 0, wait: .zero).events.map(\.message)
            let warning = try #require(
                events.firstIndex { $0.hasPrefix("nothing is being done in it; if that lasts ") }
            )
            let over = "its lease is over since nothing was done in it for 4s: it is collected"
            #expect(try warning < #require(events.firstIndex(of: over)))
            try await plant.expectNothingLeft()
        }
        try await PlantFixture.with { plant in
            let (client, id) = (plant.client, MachineID.new())
            _ = try await client.create(id, document, options: .init())
            #expect(try await client.settled(id).state == .ready)
            try await Task.sleep(for: .seconds(7))
            #expect(try await client.machine(id).state == .ready)
            _ = try await client.collect(id)
        }
    }

    @Test(
        "a machine that stands still since nothing was done in it goes on when its lease is extended, for as long again"
    )
    func idleSuspends() async throws {
        try await PlantFixture.with(.init(["leases.idle=200"])) { plant in
            let (client, id) = (plant.client, MachineID.new())
            let document = RequestText.document([], lease: #"duration="1h" idle="3s" at-end="suspend""#)
            _ = try await client.create(id, document, options: .init())
            for _ in 0..<2 {
                try await Eventually.holds("it stands still") {
                    try await client.machine(id).attributes["Paused"] == Self.suspended
                }
                #expect(try await client.setLease(of: id, to: .seconds(60)).attributes["Paused"] == nil)
            }
            #expect(try await client.setLease(of: id, to: nil).attributes["Paused"] == nil)
            #expect(try await plant.plant.parts.leases.term(of: id) == nil)
            _ = try await client.collect(id)
        }
    }

    @Test("a machine that is to stand still does, and goes on when its lease is extended")
    func suspends() async throws {
        try await PlantFixture.with { plant in
            let (client, id) = (plant.client, MachineID.new())
            let hypervisor = plant.plant.parts.host.hypervisor
            let document = RequestText.document(lease: #"duration="2s" at-end="suspend""#)
            _ = try await client.create(id, document, options: .init())
            try await Eventually.holds("it stands still") {
                try await client.machine(id).attributes["Paused"] == Self.suspended
            }
            #expect(try await hypervisor.state(id.resourceName) == .paused)
            #expect(try await client.machine(id).state == .ready)
            _ = await Reconciler(plant: plant.plant).run()
            #expect(try await client.machine(id).attributes["Paused"] == Self.suspended)
            let busy = await expect(code: .machineBusy) { try await client.configure(id, RequestText.document()) }
            #expect(busy?.hint?.contains("vmshop lease") == true)
            await expect(code: .machineBusy) { try await client.publishImage(of: id, as: "x", replace: false) }

            for duration in [Duration.seconds(3600), nil] {
                let machine = try await client.setLease(of: id, to: duration)
                #expect(machine.attributes["Paused"] == nil)
                #expect((machine.leaseUntil == nil) == (duration == nil))
                #expect(try await hypervisor.state(id.resourceName) == .running)
            }
            #expect(try await plant.plant.parts.leases.term(of: id) == nil)
            let events = try await client.events(of: id, after: 0, wait: .zero).events.map(\.message)
            #expect(events.contains("its lease is over: it stands still"))
            #expect(events.contains("its lease was extended: it goes on"))
            _ = try await client.collect(id)
            await expect(code: .machineBusy) { try await client.setLease(of: id, to: nil) }
            await expect(code: .machineUnknown) { try await client.setLease(of: .new(), to: nil) }
        }
    }

    @Test("a machine that stands still and whose lease then has no end goes on")
    func endless() async throws {
        try await PlantFixture.with { plant in
            let (client, id) = (plant.client, MachineID.new())
            let document = RequestText.document(lease: #"duration="1s" at-end="suspend""#)
            _ = try await client.create(id, document, options: .init())
            try await Eventually.holds("it stands still") {
                try await client.machine(id).attributes["Paused"] == Self.suspended
            }
            #expect(try await client.setLease(of: id, to: nil).attributes["Paused"] == nil)
            #expect(try await plant.plant.parts.leases.term(of: id) == nil)
            #expect(try await plant.plant.parts.host.hypervisor.state(id.resourceName) == .running)
            _ = try await client.collect(id)
        }
    }

    @Test("who is told that a lease is extended keeps the machine, however near its end that was")
    func extendedInTime() async throws {
        try await PlantFixture.with { plant in
            let (client, document) = (plant.client, RequestText.document(lease: #"duration="20s""#))
            let ids = (0..<12).map { _ in MachineID.new() }
            for id in ids { _ = try await client.create(id, document, options: .init()) }
            for id in ids { #expect(try await client.settled(id).state == .ready) }
            // The reaper looks once a second: some are extended before it does, some while it does, some after.
            let kept = try await withThrowingTaskGroup(of: (MachineID, Bool).self) { group in
                for (index, id) in ids.enumerated() {
                    group.addTask {
                        _ = try await client.setLease(of: id, to: .milliseconds(100))
                        try await Task.sleep(for: .milliseconds(90 * index))
                        do { _ = try await client.setLease(of: id, to: .seconds(3_600)) } catch {
                            #expect((error as? ServiceError)?.code == .machineBusy, "\(error)")
                            return (id, false)
                        }
                        return (id, true)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try await Task.sleep(for: .milliseconds(1500))
            for (id, isKept) in kept {
                let state = try await client.machine(id).state
                #expect(state == .ready ? isKept : !isKept && [.collecting, .collected].contains(state), "\(state)")
                _ = try await client.collect(id)
            }
        }
    }

    @Test("a lease that is over while the machine is made ends it as soon as it can be")
    func duringCreation() async throws {
        try await PlantFixture.with { plant in
            let (client, id) = (plant.client, MachineID.new())
            let slow = RequestText.document([RequestText.action("slow", "sleep 10")], lease: #"duration="1s""#)
            _ = try await client.create(id, slow, options: .init())
            try await Eventually.holds("it is collected") { try await client.machine(id).state == .collected }
            try await plant.expectNothingLeft()
        }
    }

    @Test("machines of an earlier version whose lease was over long ago are warned, and have some minutes")
    func adopted() async throws {
        try await PlantFixture.with { plant in
            let (client, id) = (plant.client, MachineID.new())
            _ = try await client.create(id, RequestText.document(), options: .init())
            #expect(try await client.settled(id).state == .ready)
            let parts = plant.plant.parts
            try await parts.machines.update(id) { record in
                record.machine.created = Timestamp.now.advanced(by: .seconds(-9_000))
                record.machine.leaseUntil = Timestamp.now.advanced(by: .seconds(-5_400))
            }
            let reaper = Task { await Reaper(plant: plant.plant).run() }
            try await Eventually.holds("its lease is known") {
                try await parts.leases.term(of: id)?.boot.isEmpty == false
            }
            try await Eventually.holds("its owner is warned") { try await parts.leases.term(of: id)?.isWarned == true }
            reaper.cancel()
            let term = try #require(try await parts.leases.term(of: id))
            let notes = try await client.events(of: id, after: 0, wait: .zero).events.map(\.message)
            #expect(notes.contains { $0.hasPrefix("its lease ends in ") }, "\(notes)")
            #expect(term.length == 3_600_000)
            #expect((290_000...300_000).contains(term.ends - parts.leases.clock.now()))
            #expect(try await client.machine(id).state == .ready)
            _ = try await client.collect(id)
        }
    }

    @Test("a lease is part of a request's digest, its end only where it is not the usual one")
    func digests() async throws {
        let parser = RequestParser()
        func digest(_ lease: String?) async throws -> String {
            try await parser.read(RequestText.document(lease: lease)).digest
        }
        let usual = try await digest(#"duration="1h""#)
        #expect(try await digest(#"duration="60m" at-end="collect""#) == usual)
        #expect(try await digest(#"duration="1h" at-end="suspend""#) != usual)
        #expect(try await digest(nil) != usual)
        let error = await expect(code: .requestInvalid) { try await digest(#"duration="1h" at-end="burn""#) }
        #expect(error?.diagnostics?.first?.expected?.contains("'suspend'") == true, "\(String(describing: error))")
    }
}
