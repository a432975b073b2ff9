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
        var isAlone = true
        await attempt("addresses", &problems) { try await parts.addressFile?.take(into: parts.host.addresses) }
        // The host is listed before the book is read: whatever the host had then was in the book before.
        await attempt("host", &problems) {
            let host = try await HostCensus(parts)
            isAlone = parts.settings.sharesHost || host.neighbours.isEmpty
            await plant.readiness.set(isAlone: isAlone)
            guard isAlone else { throw Self.crowded(by: host.neighbours) }
            await resumeStalled(host)
            await plant.readiness.set(broken: try await restoreNetworks())
            try await settleMachines(host)
            try await removeOrphans(host)
        }
        // The filter would be made as if the other plant's guests were not there.
        guard isAlone else { return problems }
        await attempt("guest filter", &problems) { try await parts.host.filter.ensure() }
        return problems
    }

    private static func crowded(by plants: Set<String>) -> ServiceError {
        let names = plants.sorted().map { "`\($0)`" }.joined(separator: ", ")
        return ServiceError(
            .unavailable,
            "domains of its hypervisor bear the mark of plant \(names), and one host can have one plant; nothing is touched"
        )
    }

    private func attempt(_ what: String, _ problems: inout [String], _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            problems.append("\(what): \(PlantParts.message(of: error))")
            parts.logger.warning("reconciliation incomplete", metadata: ["part": "\(what)", "error": "\(error)"])
        }
    }

    /// Makes each network that is in use be there: once, however many machines are on it, and each by itself.
    ///
    /// - Returns: What is wrong with those that could not be restored, by the client domains whose machines are on them.
    /// - Throws: What keeps all of them from being restored.
    private func restoreNetworks() async throws -> [String: String] {
        let leases = Dictionary(grouping: try await parts.host.addresses.leases(), by: \.network)
        var broken: [String: String] = [:]
        for name in leases.keys.sorted() {
            do {
                try await parts.host.networkMutex.run { try await parts.host.ensureNetwork(name) }
            } catch let error as NetStoreError where ![.unavailable, .database].contains(error.code) {
                await plant.readiness.needAnotherPass()
                parts.logger.warning("network not restored", metadata: ["network": "\(name)", "error": "\(error)"])
                for lease in leases[name] ?? [] {
                    broken[lease.domain] = "network \(name) of domain \(lease.domain): \(error.message)"
                }
            }
        }
        return broken
    }

    /// Goes through the machines that nobody works on. Each is alone with its piece of work while that looks and acts.
    private func settleMachines(_ host: HostCensus) async throws {
        let states = Set(MachineState.allCases.filter(\.holdsResources))
        let records = try await parts.machines.records(in: states, documents: false)
        let held = try await parts.host.disks.held(among: records.map(\.id))
        for record in records {
            let id = record.id
            await showPause(of: record, host)
            switch record.machine.state {
            case .creating: await plant.createAgain(id)
            case .configuring:
                await plant.resumeConfiguration(id) {
                    try await parts.endPublication(of: id)
                    try await restoreExport(id, host)
                }
            case .collecting: await plant.finishCollection(id)
            case .ready where held.contains(id) && isInOrder(record, host): break
            case .ready, .stopped, .lost: await settle(id) { try await restore($0, host) }
            case .failed, .collected, .placing: break
            }
        }
        // There are many failed and collected machines, and few of them hold anything.
        let holding = Set(records.map(\.id))
        for id in try await parts.journal.machines().subtracting(holding).sorted() {
            await settle(id) { try await undo($0) }
        }
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
