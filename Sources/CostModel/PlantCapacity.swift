import DAGModel

/// What a plant promises at most, to all machines together. What is nothing has no limit.
public struct PlantCapacity: Sendable, Hashable, Codable {
    /// Machines.
    public var machines: Int
    /// Bytes of memory.
    public var memory: Int?
    /// Processors; usually more than the host has, since most machines idle.
    public var cpus: Int?
    /// Bytes that disks may come to fill.
    public var disk: Int?

    /// A capacity.
    public init(machines: Int, memory: Int? = nil, cpus: Int? = nil, disk: Int? = nil) {
        self.machines = machines
        self.memory = memory
        self.cpus = cpus
        self.disk = disk
    }

    /// What there is not enough of for another machine.
    ///
    /// - Parameters:
    ///   - claim: What the machine takes.
    ///   - promised: What others have been promised.
    /// - Returns: Every lack, each a sentence of which the plant is the subject; none when the machine fits.
    public func lacks(for claim: ResourceClaim, beside promised: Commitments) -> [String] {
        [
            placeLack(promised),
            Self.lack("memory", of: memory, claim.memory, beside: promised.claim.memory, Self.bytes),
            Self.lack("processors", of: cpus, claim.cpus, beside: promised.claim.cpus) { "\($0)" },
            Self.lack("disk", of: disk, claim.disk, beside: promised.claim.disk, Self.bytes),
        ].compactMap(\.self)
    }

    /// Whether nothing is lacking: ``lacks(for:beside:)`` without the words.
    public func holds(_ claim: ResourceClaim, beside promised: Commitments) -> Bool {
        func fits(_ wanted: Int, _ total: Int?, _ promised: Int) -> Bool {
            total.map { wanted <= $0 - promised || wanted <= 0 } ?? true
        }
        return promised.machines + promised.reservations < machines
            && fits(claim.memory, memory, promised.claim.memory) && fits(claim.cpus, cpus, promised.claim.cpus)
            && fits(claim.disk, disk, promised.claim.disk)
    }

    /// How full the plant is with another machine: the fullest of all that has a limit, from 0 to 1.
    public func fullness(with claim: ResourceClaim, beside promised: Commitments) -> Double {
        func share(_ used: Int, _ total: Int?) -> Double {
            guard let total, total > 0 else { return 0 }
            return min(1, Double(used) / Double(total))
        }
        return max(
            share(promised.machines + promised.reservations + 1, machines),
            share(promised.claim.memory + claim.memory, memory),
            share(promised.claim.cpus + claim.cpus, cpus),
            share(promised.claim.disk + claim.disk, disk)
        )
    }

    private func placeLack(_ promised: Commitments) -> String? {
        guard promised.machines + promised.reservations >= machines else { return nil }
        let kept = promised.reservations == 0 ? "" : ", keeps \(promised.reservations) places"
        return "it holds \(promised.machines) machines\(kept) and may hold \(machines)"
    }

    private static func lack(
        _ name: String,
        of total: Int?,
        _ wanted: Int,
        beside promised: Int,
        _ text: (Int) -> String
    ) -> String? {
        guard let total, wanted > total - promised, wanted > 0 else { return nil }
        let left = promised == 0 ? "" : ", \(text(max(0, total - promised))) of it left"
        return "it has \(text(total)) of \(name) for machines\(left); the machine wants \(text(wanted))"
    }

    // Exact figures of hosts are long; a MiB more or less says nothing.
    private static func bytes(_ count: Int) -> String {
        "\(ByteCount(bytes: count < 1 << 20 ? count : (count >> 20) << 20))"
    }
}
