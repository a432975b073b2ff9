import ClassAds
import DAGModel
import Hypervisor
import Logging
import MachineBook
import ShopAPI

/// Does what leases say: warns, collects or suspends at their end, and lets machines go on whose lease was extended.
struct Reaper: Sendable {
    let plant: Plant

    static let interval = Duration.seconds(1)
    /// What `Paused` says of a machine that stands still for its lease.
    static let pause = "its lease is over"

    private var parts: PlantParts { plant.parts }
    private var leases: LeaseBook { plant.parts.leases }

    /// Runs until it is cancelled.
    func run() async {
        await attempt("leases of an earlier version not taken over") { try await adopt() }
        repeat {
            await attempt("leases not looked at") { try await sweep() }
        } while (try? await Task.sleep(for: Self.interval)) != nil
    }

    /// Looks at all leases once. A machine that fails holds up no other; one whose hypervisor is silent does for its deadline.
    func sweep() async throws {
        guard await plant.readiness.problems.isEmpty else { return }
        let now = leases.clock.now()
        let due = try await leases.terms().filter { $0.errand(at: now, of: leases.clock.boot) != .nothing }
        await withDiscardingTaskGroup { group in
            for term in due { group.addTask { await carryOut(term.machine) } }
        }
    }

    /// Does what the lease of one machine says.
    func carryOut(_ id: MachineID) async {
        await attempt("lease not carried out", ["machine": "\(id)"]) {
            guard let record = try await parts.machines.record(id), let term = try await leases.term(of: id) else {
                return
            }
            let errand = term.errand(at: leases.clock.now(), of: leases.clock.boot)
            if [.collect, .suspend].contains(errand), await !isKnownIdle(term) { return }
            switch errand {
            case .nothing: return
            case .anchor: try await anchor(term, record)
            case .warn: try await warn(term)
            case .collect: try await collect(id)
            case .suspend: try await suspend(record, term)
            case .resume: try await resume(record)
            }
        }
    }

    /// Whether a machine is over for another reason than that nothing was done in it, or was just seen to do nothing.
    private func isKnownIdle(_ term: LeaseTerm) async -> Bool {
        guard term.endsIdle, let limit = term.idle, leases.clock.now() < term.ends else { return true }
        return await parts.idle.meter.isKnown(term.machine, limit: limit, at: leases.clock.now())
    }

    /// Machines of an earlier version have a lease that nobody looked at: they end when it says, but not at once.
    private func adopt() async throws {
        let holding = Set(MachineState.allCases.filter { $0.holdsResources && $0 != .collecting })
        for record in try await parts.machines.records(in: holding, documents: false) {
            guard let until = record.machine.leaseUntil, try await leases.term(of: record.id) == nil else { continue }
            let length = until.milliseconds - record.machine.created.milliseconds
            let term = LeaseTerm(machine: record.id, length: max(length, 1), ends: 0, boot: "", end: .collect)
            try await leases.save(term)
        }
    }

    private func anchor(_ term: LeaseTerm, _ record: PlantRecord) async throws {
        guard let until = record.machine.leaseUntil else { return try await leases.remove(of: record.id) }
        let left = until.milliseconds - Timestamp.now.milliseconds
        try await leases.save(term.anchored(to: leases.clock, left: left))
    }

    private func warn(_ term: LeaseTerm) async throws {
        let left = DurationText.text(.seconds(max(1, (term.due - leases.clock.now()) / 1000)))
        let then = term.end == .collect ? "it is collected then" : "it stands still then"
        let warning =
            term.endsIdle
            ? "nothing is being done in it; if that lasts \(left) more, its lease ends: \(then)"
            : "its lease ends in \(left); \(then), unless it is extended"
        try await change(term.machine, warning) { $0.isWarned = true }
        FaultPoint.pass("lease-warned")
    }

    /// Sets the machine's tombstone, unless its lease was extended in the meantime: that is looked at in the same transaction.
    private func collect(_ id: MachineID) async throws {
        let isOver = try await parts.machines.write { [leases] transaction in
            guard let term = try leases.term(of: id, in: transaction.database),
                term.errand(at: leases.clock.now(), of: leases.clock.boot) == .collect
            else { return false }
            let note = MachineEvent(kind: .step, message: "\(term.reason): it is collected")
            try transaction.update(id, events: [note]) { $0.machine.state = .collecting }
            return true
        }
        guard isOver else { return }
        FaultPoint.pass("collect-recorded")
        parts.logger.notice("lease over, machine is collected", metadata: ["machine": "\(id)"])
        await plant.finishCollection(id)
    }

    /// What is being done to the machine is brought to its end first.
    private func suspend(_ record: PlantRecord, _ term: LeaseTerm) async throws {
        guard record.machine.state.isResting else { return }
        if record.machine.state == .ready {
            try await parts.host.hypervisor.suspend(record.id.resourceName)
            FaultPoint.pass("lease-suspended")
        }
        try await change(record.id, "\(term.reason): it stands still", paused: Self.pause) { $0.isSuspended = true }
        FaultPoint.pass("lease-ended")
    }

    private func resume(_ record: PlantRecord) async throws {
        let id = record.id
        // One whose domain ended meanwhile has nothing to go on with.
        if record.machine.state == .ready { try await parts.host.hypervisor.resume(id.resourceName) }
        FaultPoint.pass("lease-resumed")
        try await change(id, "its lease was extended: it goes on", paused: .some(nil)) { $0.isSuspended = false }
        // It goes on, and has no end any more.
        if record.machine.leaseUntil == nil { try await leases.remove(of: id) }
    }

    /// Changes a lease, unless it was removed meanwhile, and says so on the machine, in one transaction.
    private func change(
        _ id: MachineID,
        _ message: String,
        paused: String?? = nil,
        _ change: @escaping @Sendable (inout LeaseTerm) -> Void
    ) async throws {
        try await parts.machines.write { [leases] transaction in
            guard var term = try leases.term(of: id, in: transaction.database) else { return }
            change(&term)
            try leases.set(term, in: transaction.database)
            try transaction.update(id, events: [MachineEvent(kind: .step, message: message)]) { record in
                guard let paused else { return }
                record.machine.attributes[StandardAttributes.paused] = paused.map(AttributeValue.string)
            }
        }
    }

    private func attempt(_ failure: String, _ details: Logger.Metadata = [:], _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            guard !Task.isCancelled else { return }
            let reason: Logger.Metadata = ["error": "\(PlantParts.message(of: error))"]
            parts.logger.warning("\(failure)", metadata: details.merging(reason) { own, _ in own })
        }
    }
}

extension LeaseTerm {
    /// Why it is over.
    fileprivate var reason: String {
        guard endsIdle, let idle else { return "its lease is over" }
        return "its lease is over since nothing was done in it for \(DurationText.text(.milliseconds(idle)))"
    }
}
