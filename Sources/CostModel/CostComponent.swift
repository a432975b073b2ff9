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
        CostTerm(
            name: rawValue,
            value: value(of: work.steps, load: load, limit: limit),
            unit: unit,
            reason: reason(of: work, load: load, limit: limit)
        )
    }

    /// Longer than a day ago is as good as never.
    private static let day = 86_400.0

    /// How much the part is, and nothing else: for whoever compares many plants.
    func value(of work: WorkSeconds, load: PlantLoad, limit: Double) -> Double {
        switch self {
        case .network: load.domainHasNetwork ? 0 : 50
        case .machines: 4 * Double(load.runningMachines)
        case .transfer: work.transfer
        case .clone: work.clone
        case .boot: work.boot
        case .actions: work.actions
        case .load: load.percent
        case .threshold: load.percent <= limit ? limit - load.percent : 100 + load.percent
        case .affinity: 100 / Double(1 + load.machinesOfImage)
        case .spread: Double(load.machinesOfDomain)
        case .turn: load.secondsSinceLast.map { max(0, Self.day - max(0, $0)) } ?? 0
        case .price: load.price
        case .first: 0
        }
    }

    private func reason(of work: PlannedWork, load: PlantLoad, limit: Double) -> String {
        switch self {
        case .network:
            "the client domain " + (load.domainHasNetwork ? "has" : "needs a new") + " host-only network"
                + (load.domainHasNetwork ? " here" : "")
        case .machines: "\(load.runningMachines) running, 4 each"
        case .transfer: Self.transfer(work.transfer)
        case .clone: Self.clone(work.clone)
        case .boot: "from start to first heartbeat: \(work.boot.basis)"
        case .actions: Self.actions(work.actions)
        case .load: "\(load.percent.short) % full with it"
        case .threshold:
            "\(load.percent.short) % full with it, "
                + (load.percent <= limit ? "to be filled to" : "more than") + " \(limit.short) %"
        case .affinity: "\(load.machinesOfImage) machines of the image here"
        case .spread: "\(load.machinesOfDomain) machines of the client domain here"
        case .turn:
            load.secondsSinceLast.map { "it was given its last machine \($0.short) s ago" }
                ?? "it was given no machine yet"
        case .price: "the plant's price"
        case .first: "every plant that can costs the same"
        }
    }

    private static func transfer(_ transfer: TransferWork?) -> String {
        guard let transfer else { return "the image is here" }
        return "\(transfer.bytes) bytes from \(transfer.source): \(transfer.basis)"
    }

    private static func clone(_ clone: CloneWork) -> String {
        clone.method == .spare ? clone.reason : "\(clone.method.rawValue) of \(clone.bytes) bytes"
    }

    private static func actions(_ actions: [ActionWork]) -> String {
        let list = actions.map { "\($0.id) \(($0.expected.seconds * 10).rounded() / 10) s" }.joined(separator: ", ")
        return actions.isEmpty ? "none left" : list
    }
}

extension Double {
    /// With one digit after the point, for reasons.
    fileprivate var short: String {
        let rounded = (self * 10).rounded() / 10
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int(rounded)) : String(rounded)
    }
}
