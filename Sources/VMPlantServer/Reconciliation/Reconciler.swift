import Logging
import MachineBook
import NetStore
import ShopAPI

/// Makes the book and the host agree: finishes or undoes what a crash interrupted, puts back what vanished, and removes
/// what bears our mark and is in no book. What does not bear our mark is never touched.
struct Reconciler: Sendable {
    let plant: Plant

    var parts: PlantParts { plant.parts }

    /// One pass.
    ///
    /// What fails for one machine holds up no other and is tried again soon; it does not keep the plant from working.
    ///
    /// - Returns: What keeps the plant from working, each a sentence.
    func run() async -> [String] {
        var problems: [String] = []
        await plant.readiness.beginPass()
        // The host is listed before the book is read: whatever the host had then was in the book before.
        await attempt("host", &problems) {
            let host = try await HostCensus(parts)
            try await restoreNetworks()
            try await settleMachines(host)
            try await removeOrphans(host)
        }
        await attempt("guest filter", &problems) { try await parts.host.filter.ensure() }
        return problems
    }

    private func attempt(_ what: String, _ problems: inout [String], _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            problems.append("\(what): \(PlantParts.message(of: error))")
            parts.logger.warning("reconciliation incomplete", metadata: ["part": "\(what)", "error": "\(error)"])
        }
    }

    /// Each network that is in use, once, however many machines are on it.
    private func restoreNetworks() async throws {
        try await parts.host.networkMutex.run {
            for name in Set(try await parts.host.addresses.leases().map(\.network)).sorted() {
                try await parts.host.ensureNetwork(name)
            }
        }
    }

    /// Goes through the machines that nobody works on. Each is alone with its piece of work while that looks and acts.
    private func settleMachines(_ host: HostCensus) async throws {
        let states = Set(MachineState.allCases.filter(\.holdsResources))
        for record in try await parts.machines.records(in: states) {
            let id = record.id
            switch record.machine.state {
            case .creating: await plant.createAgain(id)
            case .configuring: await plant.resumeConfiguration(id) { try await restoreExport(id, host) }
            case .collecting: await plant.finishCollection(id)
            case .ready, .stopped, .lost: await settle(id) { try await restore($0, host) }
            case .failed, .collected, .placing: break
            }
        }
        // There are many failed and collected machines, and few of them hold anything.
        for id in try await parts.journal.machines().sorted() { await settle(id) { try await undo($0) } }
    }

    private func settle(_ id: MachineID, _ body: @escaping @Sendable (PlantRecord) async throws -> Void) async {
        let isBegun = await plant.tasks.begin(.settling, on: id) {
            do {
                guard let record = try await parts.machines.record(id) else { return }
                try await body(record)
            } catch  where Task.isCancelled {
                // Something else is to be done to the machine; the next pass sees what came of it.
            } catch {
                await plant.readiness.needAnotherPass()
                parts.logger.warning("machine not settled", metadata: ["machine": "\(id)", "error": "\(error)"])
            }
        }
        // Other work may take as long as a guest likes; only our own is waited for.
        if isBegun { await plant.tasks.join(id) }
    }
}
