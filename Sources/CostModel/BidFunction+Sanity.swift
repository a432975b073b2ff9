import DAGModel

extension BidNotice {
    /// Whether a text can be a ticket, or is none.
    public static func isTicket(_ text: String?) -> Bool { text?.utf8.count ?? 0 <= 64 }

    /// More than this, bytes, machines or addresses, no plant has.
    private static let most = 1 << 60
    /// More client domains or images than this a plant does not tell of.
    private static let mostNames = 10_000
    /// More than this, seconds or money, nothing takes.
    private static let highest = 1e9

    /// Why a notice is not believed; nothing when it is. It comes from another host, and all that is computed from it later
    /// must neither overflow nor be no number.
    public var objection: String? {
        let numbers = function.counts + (images?.counts ?? [])
        guard numbers.allSatisfy({ (0...Self.most).contains($0) }) else { return "its figures cannot be true" }
        let free = Array(function.networks.values) + [function.freeForNewDomain]
        guard free.allSatisfy({ (-Self.most...Self.most).contains($0) }) else { return "its figures cannot be true" }
        let values =
            [function.price, function.secondsSinceLast ?? 0] + Array((durations?.seconds ?? [:]).values)
            + (images?.images ?? []).compactMap { $0.transfer?.expectedSeconds }
        guard values.allSatisfy({ $0.isFinite && $0 >= 0 && $0 <= Self.highest }) else {
            return "its figures cannot be true"
        }
        let lists = [
            function.networks.count, function.machinesOfDomain.count, function.machinesOfImage.count,
            function.newest.count,
            function.refusals.count, function.refusalsOfDomain.count, images?.images.count ?? 0,
            (durations?.seconds.count ?? 0) / 2,
        ]
        guard Self.isTicket(function.ticket) else { return "its ticket is too long" }
        return lists.allSatisfy { $0 <= Self.mostNames } ? nil : "it tells of more than it can have"
    }
}

extension BidFunction {
    fileprivate var counts: [Int] {
        [capacity.machines, listeners] + [capacity.memory, capacity.cpus, capacity.disk].compactMap(\.self)
            + [promised.machines, promised.reservations] + promised.claim.counts + (largest?.counts ?? [])
            + Array(machinesOfDomain.values) + Array(machinesOfImage.values)
    }
}

extension ResourceClaim {
    fileprivate var counts: [Int] { [memory, cpus, disk] }
}

extension BidImages {
    fileprivate var counts: [Int] {
        [defaultMemory]
            + images.flatMap { image in
                [image.bytes, image.needs.disk.bytes, image.transfer?.bytes ?? 0]
                    + [image.needs.minimumMemory?.bytes, image.needs.saved?.memory.bytes, image.needs.saved?.cpus]
                    .compactMap(\.self)
            }
    }
}
