import CostModel
import MachineBook
import NetStore
import ShopAPI
import Testing
import VMShopTesting
import Warehouse

@testable import VMPlantServer

@Suite("how many spares are wanted")
struct SpareDemandTests {
    @Test("after one request one is, for three hours")
    func single() async throws {
        var demand = SpareDemand()
        let (kind, plan) = (SpareKind.of("a"), try await Plan.ofNothing())
        #expect(demand.targets(within: .max, at: 0).isEmpty)
        demand.ask(for: kind, by: plan, at: 0)
        for hours in [0.0, 1, 2.9] { #expect(demand.targets(within: .max, at: hours * 3600) == [kind: 1]) }
        #expect(demand.targets(within: .max, at: 3.1 * 3600).isEmpty)
        #expect(demand.plan(of: kind) == nil)
    }

    @Test("as many as came at once; half as many after an hour, and those that came apart count once")
    func burst() async throws {
        var demand = SpareDemand()
        let (kind, plan) = (SpareKind.of("a"), try await Plan.ofNothing())
        for number in 0..<8 { demand.ask(for: kind, by: plan, at: Double(number)) }
        #expect(demand.targets(within: .max, at: 10) == [kind: 8])
        #expect(demand.targets(within: .max, at: 10 + 3600) == [kind: 4])
        let other = SpareKind.of("b")
        for number in 0..<8 { demand.ask(for: other, by: plan, at: 5000 + 31 * Double(number)) }
        #expect(demand.targets(within: .max, at: 5300)[other] == 1)
    }

    @Test("memory is given to those that are wanted most, to each one before a second to any")
    func memory() async throws {
        var demand = SpareDemand()
        let plan = try await Plan.ofNothing()
        let (much, little, large) = (SpareKind.of("a"), SpareKind.of("b"), SpareKind.of("c", memory: 50))
        for _ in 0..<5 { demand.ask(for: much, by: plan, at: 0) }
        for kind in [little, large] { demand.ask(for: kind, by: plan, at: 0) }
        #expect(demand.targets(within: 15, at: 0) == [much: 1])
        #expect(demand.targets(within: 20, at: 0) == [much: 1, little: 1])
        #expect(demand.targets(within: 40, at: 0) == [much: 3, little: 1])
        #expect(demand.targets(within: 1000, at: 0) == [much: 5, little: 1, large: 1])
    }

    @Test("what cannot be made is wanted still, and not tried before its time")
    func failure() async throws {
        var demand = SpareDemand()
        let (kind, plan) = (SpareKind.of("a"), try await Plan.ofNothing())
        demand.ask(for: kind, by: plan, at: 0)
        demand.fail(kind, until: 100)
        #expect(!demand.mayMake(kind, at: 99) && demand.mayMake(kind, at: 100))
        #expect(demand.targets(within: .max, at: 1) == [kind: 1])
    }
}

@Suite("the pool of spares", .timeLimit(.minutes(1)))
struct SparePoolTests {
    private let pool = SparePool()
    private let kind = SpareKind.of("a")

    private func made() async throws -> MachineID { try #require(await pool.make(within: 100)).id }

    @Test("a spare is made of what was asked for, and taken once")
    func taking() async throws {
        let plan = try await Plan.ofNothing()
        #expect(await pool.take(kind, by: plan) == nil)
        let id = try await made()
        #expect(await pool.make(within: 100) == nil, "one is under way")
        #expect(await pool.tend(within: 100) == nil)
        #expect(await pool.take(kind, by: plan) == nil, "it does not stand ready yet")
        await pool.settle(id)
        #expect(await pool.hasReady(kind))
        #expect(await pool.summary == "1 ready")
        #expect(await pool.take(SpareKind.of("b"), by: plan) == nil)
        #expect(await pool.take(kind, by: plan) == id)
        #expect(await !pool.hasReady(kind))
        await pool.settle(id)
        #expect(await !pool.hasReady(kind), "it was taken")
        // Until it is a machine's, nobody takes it for an orphan.
        #expect(await pool.resourceNames == [id.resourceName])
        await pool.forget(id)
        #expect(await pool.resourceNames.isEmpty)
    }

    @Test("what is wanted no more is ended, and what could not be ended is tried again")
    func ending() async throws {
        _ = await pool.take(kind, by: try await Plan.ofNothing())
        let id = try await made()
        await pool.settle(id)
        guard case .end(id) = await pool.tend(within: 5) else {
            Issue.record("there is no memory for it, and it stays")
            return
        }
        #expect(await pool.take(kind, by: try await Plan.ofNothing()) == nil)
        #expect(await pool.resourceNames == [id.resourceName])
        await pool.end(id)
        guard case .end(id) = await pool.tend(within: 5) else {
            Issue.record("it is not tried again")
            return
        }
    }

    @Test("of an image that is gone none are left, and none made")
    func givingUp() async throws {
        _ = await pool.take(kind, by: try await Plan.ofNothing())
        let id = try await made()
        await pool.settle(id)
        await pool.giveUp(kind)
        guard case .end(id) = await pool.tend(within: 100) else {
            Issue.record("it stays")
            return
        }
        await pool.forget(id)
        #expect(await pool.tend(within: 100) == nil)
        #expect(await pool.make(within: 100) == nil)
    }

    @Test("a machine that takes a spare over has all that it held, and its next job has another number")
    func journal() async throws {
        try await PlantFixture.still { plant, _ in
            let (parts, spare, id) = (plant.parts, MachineID.new(), MachineID.new())
            let machine = Machine(
                id: id,
                name: "m",
                state: .creating,
                domain: "d.example",
                requestDigest: "",
                created: .now
            )
            let record = PlantRecord(machine: machine, document: [], extra: PlantExtra(attempt: 1))
            _ = try await parts.machines.insert(record)
            let addresses = parts.host.addresses
            let lent = try await addresses.checkOut(machine: spare.resourceName, domain: "d.example")
            try await parts.journal.beginTakeOver(by: id)
            let all: [HostResource] = [.lease, .network, .filter, .share, .export, .disk, .seed, .domain]
            try await parts.journal.completeTakeOver(of: spare, by: id, with: all, addresses)
            let entries = try await parts.journal.entriesToUndo(of: id)
            #expect(Set(entries.map(\.resource)) == Set(all) && entries.count == all.count)
            #expect(entries.allSatisfy { $0.state == .held })
            var mine = lent
            mine.machineID = id.resourceName
            #expect(try await addresses.leases() == [mine])
            #expect(try await parts.jobs.begin("a", of: id).sequence == 2)
            // Once more, and of nothing: refused, and nothing is changed.
            await #expect(throws: (any Error).self) {
                try await parts.journal.completeTakeOver(of: spare, by: id, with: all, addresses)
            }
            #expect(try await parts.journal.entriesToUndo(of: id).count == all.count)
        }
    }

    @Test("what a killed plant's spare held is given back, and nothing of a machine's")
    func orphan() async throws {
        try await PlantFixture.with { fixture in
            let addresses = fixture.service.plant.parts.host.addresses
            let machine = try await fixture.client.create(.new(), RequestText.document([]), options: .init())
            _ = try await fixture.client.settled(machine.id)
            let spare = MachineID.new().resourceName
            _ = try await addresses.checkOut(machine: spare, domain: "spares.example")
            #expect(await Reconciler(plant: fixture.service.plant).run().isEmpty)
            #expect(try await addresses.leases().map(\.machineID) == [machine.id.resourceName])
        }
    }
}

extension SpareKind {
    fileprivate static func of(_ image: String, memory: Int = 10) -> SpareKind {
        SpareKind(
            domain: "d.example",
            image: ImageReference(name: image, digest: "sha256:0"),
            hardware: PlannedHardware(memory: memory, cpus: 1, disk: 0, architecture: "", operatingSystem: "")
        )
    }
}

extension Plan {
    /// A plan that is handed about and not looked at.
    fileprivate static func ofNothing() async throws -> Plan {
        try await TemporaryDirectory.with { directory in
            try await PlantFixture.prepare(directory)
            let warehouse = try Warehouse(directory: directory("warehouse"))
            return Plan(
                image: try await warehouse.image(named: "small"),
                hardware: PlannedHardware(memory: 0, cpus: 1, disk: 0, architecture: "", operatingSystem: ""),
                clone: CloneWork(method: .overlay, bytes: 0),
                reused: [],
                left: [],
                recordedOutputs: [:],
                claim: .nothing,
                capacity: PlantCapacity(machines: 1),
                load: PlantLoad(runningMachines: 0, domainHasNetwork: false)
            )
        }
    }
}
