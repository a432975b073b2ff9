import ClassAds
import DAGModel
import Logging
import MachineBook
import ShopAPI

/// The machine service of one hypervisor host. It carries out what a shop delegates, and owns the truth about its
/// machines.
struct Plant: MachineService {
    let parts: PlantParts
    let planner: Planner
    let bids = BidBook()
    let writer = BidWriter()
    let listeners = BidListeners()
    let tasks = MachineTasks()
    let publications = Publications()
    let readiness = Readiness()
    let warmJobs = WarmJobs()

    var parser: RequestParser { parts.parser }
    var settings: PlantSettings { parts.settings }

    func admit(_ epoch: ShopEpoch) async throws { try await parts.epochs.admit(epoch) }

    /// What keeps the plant from taking machines, each a sentence.
    var problems: [String] {
        get async { await readiness.problems + [parts.machines.problem].compactMap(\.self) }
    }

    /// - Throws: ``ServiceError`` when the plant has not yet made its book and its host agree, or cannot write its book.
    func requireReady() async throws {
        let problems = await problems
        guard let problem = problems.first else { return }
        throw ServiceError(
            .unavailable,
            "plant \(settings.name) is not ready: \(problem)",
            hint: "try again in a moment"
        )
    }

    func machine(_ id: MachineID) async throws -> Machine {
        guard let record = try await parts.machines.record(id) else { throw ServiceError.unknown(id) }
        return record.machine.advertised
    }

    func machines(matching query: Query?, includeGone: Bool) async throws -> [Machine] {
        let states = MachineState.allCases.filter { includeGone || $0.holdsResources || $0 == .placing }
        return try await parts.machines.records(in: Set(states)).map(\.machine.advertised).filter { machine in
            query?.matches(machine.attributes) ?? true
        }
    }

    func events(of id: MachineID, after sequence: Int, wait: Duration) async throws -> EventPage {
        try await parts.machines.events(of: id, after: sequence, wait: wait)
    }
}
