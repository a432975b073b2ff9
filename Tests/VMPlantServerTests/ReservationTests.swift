import CostModel
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("places that are kept", .timeLimit(.minutes(2)))
struct ReservationTests {
    private static let small = RequestText.document(hardware: "<memory>32MiB</memory>")

    @Test("a place that is kept for a machine is not another's, and is taken by its creation")
    func kept() async throws {
        try await PlantFixture.with(.init(["limits.machines=1"])) { plant in
            let (client, id) = (plant.client, MachineID.new())
            let bid = try await client.reserve(id, Self.small, policy: .time)
            #expect(bid.isReserved == true && bid.cost.policy == .time && bid.plan.image == "small")
            #expect(try await client.status().details["reservations"] == "1")
            let refused = await expect(code: .refused) { try await client.create(.new(), Self.small, options: .init()) }
            #expect(refused?.refusals?.first?.reasons == ["it holds 0 machines, keeps 1 places and may hold 1"])
            #expect(try await client.estimate(Self.small, policy: nil).bids.isEmpty)
            await expect(code: .refused) { try await client.reserve(.new(), Self.small, policy: nil) }
            _ = try await client.create(id, Self.small, options: .init(bid: bid.id))
            #expect(try await client.settled(id).state == .ready)
            #expect(try await client.status().details["reservations"] == "0")
            await expect(code: .machineConflict) { try await client.reserve(id, Self.small, policy: nil) }
            _ = try await client.collect(id)
            await expect(code: .machineCollected) { try await client.reserve(id, Self.small, policy: nil) }
            _ = try await client.reserve(.new(), Self.small, policy: nil)
        }
    }

    @Test("a place counts as the machine that it is for, in `spread` and in `affinity`")
    func counted() async throws {
        try await PlantFixture.with { plant in
            let client = plant.client
            func price(_ policy: String) async throws -> Double? {
                try await client.estimate(Self.small, policy: CostPolicy(rawValue: policy)).bids.first?.cost.total
            }
            #expect(try await price("spread") == 0)
            #expect(try await price("affinity") == 100)
            let id = MachineID.new()
            _ = try await client.reserve(id, Self.small, policy: nil)
            #expect(try await price("spread") == 1)
            #expect(try await price("affinity") == 50)
            let outline = try await plant.plant.parts.claims.outline()
            #expect(outline.machinesOfDomain.values.reduce(0, +) == 1 && outline.machinesOfImage == ["small": 1])
            _ = try await client.create(id, Self.small, options: .init())
            #expect(try await price("spread") == 1)
        }
    }

    @Test("memory, processors and disk are kept as well as places")
    func resources() async throws {
        try await PlantFixture.with(.init(["limits.memory=64", "limits.cpus=3", "limits.disk=1"])) { plant in
            let client = plant.client
            _ = try await client.reserve(.new(), Self.small, policy: nil)
            let more = RequestText.document(hardware: "<memory>48MiB</memory><cpus>3</cpus><disk>1GiB</disk>")
            let error = await expect(code: .refused) { try await client.reserve(.new(), more, policy: nil) }
            #expect(
                error?.refusals?.first?.reasons == [
                    "it has 64MiB of memory for machines, 32MiB of it left; the machine wants 48MiB",
                    "it has 3 of processors for machines, 2 of it left; the machine wants 3",
                    "it has 1GiB of disk for machines, 1023MiB of it left; the machine wants 1GiB",
                ]
            )
            let id = MachineID.new()
            _ = try await client.create(id, Self.small, options: .init())
            await expect(code: .refused) { try await client.create(.new(), Self.small, options: .init()) }
            #expect(try await client.status().details["memory"] == "64MiB of 64MiB")
            #expect(try await client.collect(id).state == .collected)
            _ = try await client.reserve(.new(), Self.small, policy: nil)
        }
    }

    @Test("disks that the request attaches count, as far as it says how large they are")
    func dataDisks() async throws {
        try await PlantFixture.with(.init(["limits.disk=1"])) { plant in
            let disk =
                #"<action id="d" run="host" operation="attach-disk"><parameter name="SIZE">1GiB</parameter></action>"#
            let error = await expect(code: .refused) {
                try await plant.client.reserve(.new(), RequestText.document([disk]), policy: nil)
            }
            #expect(error?.message.contains("1GiB of disk for machines; the machine wants 1025MiB") == true)
        }
    }

    @Test("a plant whose disk is nearly full takes no machine, and says how much is free")
    func fullDisk() async throws {
        try await PlantFixture.with(.init(["limits.diskReserve=1000000000"])) { plant in
            let error = await expect(code: .refused) {
                try await plant.client.create(.new(), Self.small, options: .init())
            }
            #expect(error?.message.contains("its disk is nearly full: ") == true)
            let machines = try await plant.client.machines(matching: nil, includeGone: true)
            #expect(machines.isEmpty)
        }
    }

    @Test("addresses and networks are kept")
    func addresses() async throws {
        let network = ["network.pool=10.90.0.0/28", "network.subnetLength=29"]
        try await PlantFixture.with(.init(network)) { plant in
            func reserve(_ domain: String) async throws {
                _ = try await plant.client.reserve(.new(), RequestText.document(domain: domain), policy: nil)
            }
            for _ in 0..<5 { try await reserve("a.example") }
            let sixth = await expect(code: .refused) { try await reserve("a.example") }
            #expect(sixth?.refusals?.first?.reasons == ["no address is free for domain a.example"])
            try await reserve("b.example")
            let third = await expect(code: .refused) { try await reserve("c.example") }
            #expect(third?.refusals?.first?.reasons == ["no address is free for domain c.example"])
            try await reserve("b.example")
        }
    }

    @Test("a place is free again when it is over, and when it is given back")
    func over() async throws {
        try await PlantFixture.with(.init(["limits.machines=1", "timeouts.reservation=3"])) { plant in
            let (client, id) = (plant.client, MachineID.new())
            let bid = try await client.reserve(id, Self.small, policy: nil)
            try await Task.sleep(for: .milliseconds(3100))
            await expect(code: .bidExpired) { try await client.create(id, Self.small, options: .init(bid: bid.id)) }
            _ = try await client.reserve(.new(), Self.small, policy: nil)
            await expect(code: .refused) { try await client.reserve(id, Self.small, policy: nil) }
            try await Task.sleep(for: .milliseconds(3100))
            _ = try await client.reserve(id, Self.small, policy: nil)
            for _ in 0..<2 { try await client.release(reservation: id) }
            try await client.release(reservation: .new())
            #expect(try await client.status().details["reservations"] == "0")
            #expect(try await client.estimate(Self.small, policy: nil).bids.count == 1)
        }
    }

    @Test("the same machine again keeps one place, another request under its id none")
    func again() async throws {
        try await PlantFixture.with(.init(["limits.machines=1"])) { plant in
            let (client, id) = (plant.client, MachineID.new())
            let first = try await client.reserve(id, Self.small, policy: nil)
            let second = try await client.reserve(id, Self.small, policy: nil)
            #expect(second.validUntil >= first.validUntil && second.id != first.id)
            await expect(code: .machineConflict) { try await client.reserve(id, RequestText.document(), policy: nil) }
            #expect(try await client.collect(id).state == .collected)
            #expect(try await client.status().details["reservations"] == "0")
            await expect(code: .machineCollected) { try await client.reserve(id, Self.small, policy: nil) }
        }
    }

    @Test("of two that want the last place at once one gets it, 300 times")
    func lastPlace() async throws {
        try await PlantFixture.with(.init(["limits.machines=1"])) { plant in
            let client = plant.client
            for _ in 0..<300 {
                let ids = [MachineID.new(), .new()]
                let won = await withTaskGroup(of: MachineID?.self) { group in
                    for id in ids {
                        group.addTask { (try? await client.reserve(id, Self.small, policy: nil)).map { _ in id } }
                    }
                    return await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
                }
                #expect(won.count == 1)
                for id in won { try await client.release(reservation: id) }
            }
        }
    }

    @Test("creations that come at once never take more than there is, and each refusal says what is lacking")
    func manyCreations() async throws {
        try await PlantFixture.with(.init(["limits.memory=160"])) { plant in
            let client = plant.client
            let codes = await withTaskGroup(of: ErrorCode?.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        do { _ = try await client.create(.new(), Self.small, options: .init()) } catch {
                            return (error as? ServiceError)?.code
                        }
                        return nil
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.count { $0 == nil } == 5)
            #expect(codes.count { $0 == .refused } == 15)
            for machine in try await client.machines(matching: nil, includeGone: false) {
                _ = try await client.collect(machine.id)
            }
            #expect(try await client.status().details["memory"] == "0B of 160MiB")
        }
    }
}
