/// A part that prices are made of: a pure function of the plan's work and the plant's load, with a reason.
public enum CostComponent: String, Sendable, Hashable, CaseIterable {
    /// 50 for a new host-only network, else 0 (VMPlants, 2004).
    case network
    /// 4 for each running machine (VMPlants, 2004).
    case machines
    /// Seconds until the image is here.
    case transfer
    /// Seconds until the disk is made.
    case clone
    /// Seconds from the start to the first heartbeat.
    case boot
    /// Seconds that the actions take which are left.
    case actions
    /// How full the plant is with the machine: 0 empty, 100 full.
    case load
    /// Fuller plants first as long as they are no fuller than a limit, the emptiest first beyond it.
    case threshold
    /// Plants with more machines of the same image first: they share what is read of it.
    case affinity
    /// 1 for each machine of the client domain that is here: apart from each other they are not lost together.
    case spread
    /// The plant that was given its last machine longest ago first.
    case turn
    /// What the plant's owner asks for an hour.
    case price
    /// Nothing: the first plant of the list that can.
    case first

    /// What it is measured in: `s`, `points`, or `an hour` for the price.
    public var unit: String {
        switch self {
        case .transfer, .clone, .boot, .actions: "s"
        case .price: "an hour"
        default: "points"
        }
    }

    /// What it says, in a few words.
    public var summary: String {
        switch self {
        case .network: "50 for a new host-only network"
        case .machines: "4 for each running machine"
        case .transfer: "seconds until the image is there"
        case .clone: "seconds until the disk is made"
        case .boot: "seconds until the guest reports"
        case .actions: "seconds for the actions that are left"
        case .load: "how full the plant is then, in percent"
        case .threshold: "fill plants to a limit (80 %), one after the other"
        case .affinity: "machines of one image together"
        case .spread: "machines of one client domain apart"
        case .turn: "plants in turn"
        case .price: "what the plant's owner asks for an hour"
        case .first: "the first plant of the list that can"
        }
    }
}

extension CostComponent {
    /// The part of a price.
    ///
    /// - Parameters:
    ///   - work: What the plan asks of the plant.
    ///   - load: The plant's state.
    ///   - limit: Of ``threshold``, the fullness in percent up to which a plant is filled.
    /// - Returns: A term whose value is not negative.
    func term(of work: PlannedWork, load: PlantLoad, limit: Double) -> CostTerm {
        let (value, reason) = worth(of: work, load: load, limit: limit)
        return CostTerm(name: rawValue, value: value, unit: unit, reason: reason)
    }

    private func worth(of work: PlannedWork, load: PlantLoad, limit: Double) -> (value: Double, reason: String) {
        switch self {
        case .network: Self.network(load)
        case .machines: (4 * Double(load.runningMachines), "\(load.runningMachines) running, 4 each")
        case .transfer: Self.transfer(work.transfer)
        case .clone: Self.clone(work.clone)
        case .boot: (work.boot.seconds, "from start to first heartbeat: \(work.boot.basis)")
        case .actions: Self.actions(work.actions)
        case .load: (load.percent, "\(load.percent.short) % full with it")
        case .threshold: Self.threshold(load.percent, limit)
        case .affinity: (100 / Double(1 + load.machinesOfImage), "\(load.machinesOfImage) machines of the image here")
        case .spread: (Double(load.machinesOfDomain), "\(load.machinesOfDomain) machines of the client domain here")
        case .turn: Self.turn(load.secondsSinceLast)
        case .price: (load.price, "the plant's price")
        case .first: (0, "every plant that can costs the same")
        }
    }

    private static func network(_ load: PlantLoad) -> (Double, String) {
        load.domainHasNetwork
            ? (0, "the client domain has a host-only network here")
            : (50, "the client domain needs a new host-only network")
    }

    private static func transfer(_ transfer: TransferWork?) -> (Double, String) {
        guard let transfer else { return (0, "the image is here") }
        return (transfer.expectedSeconds, "\(transfer.bytes) bytes from \(transfer.source): \(transfer.basis)")
    }

    private static func clone(_ clone: CloneWork) -> (Double, String) {
        let reason = clone.method == .spare ? clone.reason : "\(clone.method.rawValue) of \(clone.bytes) bytes"
        return (clone.expectedSeconds, reason)
    }

    private static func actions(_ actions: [ActionWork]) -> (Double, String) {
        let seconds = actions.reduce(0) { $0 + $1.expected.seconds }
        let list = actions.map { "\($0.id) \(($0.expected.seconds * 10).rounded() / 10) s" }.joined(separator: ", ")
        return (seconds, actions.isEmpty ? "none left" : list)
    }

    private static func threshold(_ percent: Double, _ limit: Double) -> (Double, String) {
        percent <= limit
            ? (limit - percent, "\(percent.short) % full with it, to be filled to \(limit.short) %")
            : (100 + percent, "\(percent.short) % full with it, more than \(limit.short) %")
    }

    /// Longer than a day ago is as good as never.
    private static let day = 86_400.0

    private static func turn(_ seconds: Double?) -> (Double, String) {
        guard let seconds else { return (0, "it was given no machine yet") }
        return (max(0, day - max(0, seconds)), "it was given its last machine \(seconds.short) s ago")
    }
}

extension Double {
    /// With one digit after the point, for reasons.
    fileprivate var short: String {
        let rounded = (self * 10).rounded() / 10
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int(rounded)) : String(rounded)
    }
}
