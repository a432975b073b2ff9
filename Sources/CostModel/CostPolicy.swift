/// How a plant prices a plan.
public enum CostPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// The published VMPlants cost: 50 for a new host-only network, else 0, plus 4 for each running machine.
    ///
    /// Source: Krsul, Ganguly, Zhang, Fortes, Figueiredo: "VMPlants: Providing and Managing Virtual Machine Execution
    /// Environments for Grid Computing", SC 2004, section on the cost function.
    case vmplants2004 = "vmplants-2004"

    /// The expected seconds until the machine is ready: clone, boot, and the actions that are left.
    case time

    /// What the policy does, in a line, for `--help` and for tables.
    public var summary: String {
        switch self {
        case .vmplants2004: "50 for a new host-only network + 4 for each running machine (VMPlants, 2004)"
        case .time: "expected seconds until the machine is ready"
        }
    }

    /// The price of a plan on a plant in the given state.
    public func cost(of work: PlannedWork, load: PlantLoad) -> Cost {
        switch self {
        case .vmplants2004: Cost(policy: self, terms: [Self.network(load), Self.machines(load)])
        case .time:
            Cost(
                policy: self,
                terms: [work.transfer.map(Self.transfer), Self.clone(work), Self.boot(work), Self.actions(work)]
                    .compactMap(\.self)
            )
        }
    }
}

extension CostPolicy {
    /// The published constants.
    static let pointsOfNewNetwork = 50.0
    static let pointsOfRunningMachine = 4.0

    private static func network(_ load: PlantLoad) -> CostTerm {
        CostTerm(
            name: "network",
            value: load.domainHasNetwork ? 0 : pointsOfNewNetwork,
            unit: "points",
            reason: load.domainHasNetwork
                ? "the client domain has a host-only network here"
                : "the client domain needs a new host-only network"
        )
    }

    private static func machines(_ load: PlantLoad) -> CostTerm {
        CostTerm(
            name: "machines",
            value: pointsOfRunningMachine * Double(load.runningMachines),
            unit: "points",
            reason: "\(load.runningMachines) running, 4 each"
        )
    }

    private static func transfer(_ transfer: TransferWork) -> CostTerm {
        CostTerm(
            name: "transfer",
            value: transfer.expectedSeconds,
            unit: "s",
            reason: "\(transfer.bytes) bytes from \(transfer.source): \(transfer.basis)"
        )
    }

    private static func clone(_ work: PlannedWork) -> CostTerm {
        CostTerm(
            name: "clone",
            value: work.clone.expectedSeconds,
            unit: "s",
            reason: work.clone.method == .spare
                ? work.clone.reason : "\(work.clone.method.rawValue) of \(work.clone.bytes) bytes"
        )
    }

    private static func boot(_ work: PlannedWork) -> CostTerm {
        CostTerm(
            name: "boot",
            value: work.boot.seconds,
            unit: "s",
            reason: "from start to first heartbeat: \(work.boot.basis)"
        )
    }

    private static func actions(_ work: PlannedWork) -> CostTerm {
        CostTerm(
            name: "actions",
            value: work.actions.reduce(0) { $0 + $1.expected.seconds },
            unit: "s",
            reason: work.actions.isEmpty
                ? "none left"
                : work.actions.map { "\($0.id) \(($0.expected.seconds * 10).rounded() / 10) s" }.joined(separator: ", ")
        )
    }
}
