import CostModel
import SeededRandom
import Testing

@Suite("what a plant can hold")
struct PlantCapacityTests {
    private let capacity = PlantCapacity(machines: 3, memory: 8 << 30, cpus: 4, disk: 100 << 30)

    private func promised(_ machines: Int, _ reservations: Int = 0, memory: Int = 0, cpus: Int = 0) -> Commitments {
        let claim = ResourceClaim(memory: memory, cpus: cpus, disk: 0)
        return Commitments(machines: machines, reservations: reservations, claim: claim)
    }

    @Test("says everything that is lacking, and how much of it there is")
    func everyLack() {
        let greedy = ResourceClaim(memory: 16 << 30, cpus: 5, disk: 1 << 40)
        let lacks = capacity.lacks(for: greedy, beside: promised(2, 1, memory: 1 << 30))
        #expect(
            lacks == [
                "it holds 2 machines, keeps 1 places and may hold 3",
                "it has 8GiB of memory for machines, 7GiB of it left; the machine wants 16GiB",
                "it has 4 of processors for machines; the machine wants 5",
                "it has 100GiB of disk for machines; the machine wants 1TiB",
            ]
        )
    }

    @Test("what has no limit lacks nothing, and what is over the limit already leaves room for who wants none of it")
    func noLimit() {
        let greedy = ResourceClaim(memory: .max, cpus: .max, disk: .max)
        #expect(PlantCapacity(machines: 1).lacks(for: greedy, beside: promised(0)).isEmpty)
        #expect(capacity.lacks(for: .nothing, beside: promised(0, memory: 9 << 30, cpus: 9)).isEmpty)
        let lacks = capacity.lacks(
            for: ResourceClaim(memory: 1, cpus: 0, disk: 0),
            beside: promised(0, memory: 9 << 30)
        )
        #expect(lacks == ["it has 8GiB of memory for machines, 0B of it left; the machine wants 1B"])
    }

    @Test("whoever takes only what fits never promises more than there is", arguments: 0..<200)
    func neverTooMuch(seed: Int) {
        var random = SeededGenerator(seed: seed)
        let capacity = PlantCapacity(
            machines: .random(in: 1...40, using: &random),
            memory: .random(in: 0...1000, using: &random),
            cpus: .random(in: 0...50, using: &random),
            disk: .random(in: 0...1000, using: &random)
        )
        var now = Commitments(machines: 0, reservations: 0, claim: .nothing)
        for _ in 0..<100 {
            let claim = ResourceClaim(
                memory: .random(in: 0...200, using: &random),
                cpus: .random(in: 0...9, using: &random),
                disk: .random(in: 0...200, using: &random)
            )
            let fits = capacity.lacks(for: claim, beside: now).isEmpty
            let next = Commitments(
                machines: now.machines + 1,
                reservations: 0,
                claim: ResourceClaim(
                    memory: now.claim.memory + claim.memory,
                    cpus: now.claim.cpus + claim.cpus,
                    disk: now.claim.disk + claim.disk
                )
            )
            let isWithin =
                next.machines <= capacity.machines && next.claim.memory <= capacity.memory ?? 0
                && next.claim.cpus <= capacity.cpus ?? 0 && next.claim.disk <= capacity.disk ?? 0
            #expect(fits == isWithin)
            if fits { now = next }
        }
    }
}
