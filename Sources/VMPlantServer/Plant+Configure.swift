import ClassAds
import DAGModel
import Hypervisor
import Logging
import MachineBook
import ShopAPI

extension Plant {
    func configure(_ id: MachineID, _ document: [UInt8]) async throws -> Machine {
        let request = try await parser.read(document)
        guard let known = try await parts.machines.record(id) else { throw ServiceError.unknown(id) }
        if known.machine.state == .configuring, known.extra.further == document { return known.machine.advertised }
        try check(request, appliesTo: known.machine)
        try await requireReady()
        // Whatever made the machine ready may not have come to its end yet; it leaves the machine to nobody until then.
        let ending = await tasks.current(id)
        let caller = CallerCheck()
        let record = try await parts.machines.write { transaction in
            try caller.check(in: transaction.database)
            return try transaction.update(id) { record in
                guard record.machine.state == .ready else { throw Self.busy(record.machine) }
                record.extra.further = document
                record.extra.furtherAttempt = nil
                record.machine.error = nil
                record.machine.state = .configuring
                let left = Self.left(request.graph, record.machine)
                record.extra.know(left)
                for action in left { record.machine.place(ActionReport(action)) }
            }
        }
        await ending?.value
        if await !resumeConfiguration(id) { await readiness.needAnotherPass() }
        return record.machine.advertised
    }

    /// Goes on with the graph that is being applied to a machine: at its beginning, and after a restart of the plant.
    ///
    /// - Returns: Whether it was begun: not while something else is being done to the machine.
    @discardableResult
    func resumeConfiguration(
        _ id: MachineID,
        after prepare: @escaping @Sendable () async throws -> Void = {}
    ) async -> Bool {
        await tasks.begin(.configuring, on: id) {
            var failure: ServiceError?
            do {
                guard let record = try await countAttempt(id) else { return }
                try await prepare()
                let request = try await parser.read(record.extra.further ?? [])
                try await GraphExecutor(plant: parts, id: id).run(Self.left(request.graph, record.machine))
            } catch  where Task.isCancelled {
                return
            } catch {
                failure = (error as? ServiceError) ?? ServiceError(.hostFailed, "plant \(settings.name): \(error)")
            }
            await endConfiguration(id, failure)
        }
    }

    /// Records that the graph is begun, once more: one that brings the plant down must not do so for ever.
    ///
    /// - Returns: The machine, nothing unless it is being configured.
    /// - Throws: ``ServiceError`` when it was begun too often.
    private func countAttempt(_ id: MachineID) async throws -> PlantRecord? {
        let record = try await parts.machines.update(id) { record in
            guard record.machine.state == .configuring else { return }
            record.extra.furtherAttempt = (record.extra.furtherAttempt ?? 0) + 1
        }
        guard record.machine.state == .configuring else { return nil }
        guard record.extra.furtherAttempt ?? 0 <= Self.mostAttempts else {
            throw ServiceError(
                .hostFailed,
                "plant \(settings.name) was restarted \(Self.mostAttempts) times while it configured the machine",
                hint: "what was done stays done; configure it again with the actions that are left"
            )
        }
        return record
    }

    /// A configuration that fails leaves the machine as it is, with the reason: what was applied cannot be taken back.
    private func endConfiguration(_ id: MachineID, _ failure: ServiceError?) async {
        do {
            try await parts.jobs.close(nil, of: id)
            let state = failure?.code == .machineLost ? await stateOfDomain(id) : .ready
            try await parts.machines.update(id) { record in
                guard record.machine.state == .configuring else { return }
                record.extra.further = nil
                record.extra.furtherAttempt = nil
                record.machine.error = failure
                record.machine.state = state
            }
        } catch {
            parts.logger.error(
                "end of configuration not recorded",
                metadata: ["machine": "\(id)", "error": "\(error)"]
            )
        }
    }

    /// A domain that was only switched off can be started again; one that is not there cannot.
    private func stateOfDomain(_ id: MachineID) async -> MachineState {
        guard let domain = try? await parts.host.hypervisor.state(id.resourceName) else { return .stopped }
        return MachineState(domain)
    }

    /// - Throws: ``ServiceError`` `machine.busy` for a machine that stands still since its lease is over.
    static func requireAwake(_ machine: Machine) throws {
        guard machine.attributes[StandardAttributes.paused] == .string(Reaper.pause) else { return }
        throw ServiceError(
            .machineBusy,
            "machine \(machine.id) stands still: its lease is over",
            hint: "`vmshop lease \(machine.id) 4h` lets it go on"
        )
    }

    private func check(_ request: Request, appliesTo machine: Machine) throws {
        guard machine.state == .ready else { throw Self.busy(machine) }
        try Self.requireAwake(machine)
        guard request.client.domain == machine.domain else {
            throw ServiceError(
                .callInvalid,
                "machine \(machine.id) belongs to domain \(machine.domain), the request is of \(request.client.domain)"
            )
        }
        let reserved = StandardAttributes.reservedOutputs(of: request.graph)
        guard reserved.isEmpty else { throw ServiceError(.callInvalid, reserved.joined(separator: "; ")) }
        let performed = machine.performed
        for action in request.graph.actions where !performed.contains(action.key) {
            guard let earlier = machine.actions.first(where: { $0.id == action.id }), performed.contains(earlier.key)
            else { continue }
            throw ServiceError(
                .callInvalid,
                "action `\(action.id)` is not the `\(action.id)` that machine \(machine.id) already has",
                hint: "give it another id; what is done stays done"
            )
        }
    }

    static func busy(_ machine: Machine) -> ServiceError {
        ServiceError(
            .machineBusy,
            "machine \(machine.id) is \(machine.state.rawValue)",
            hint: "only a ready machine can be configured"
        )
    }

    /// The actions of a graph that a machine lacks, in order.
    private static func left(_ graph: Graph, _ machine: Machine) -> [Action] {
        graph.residual(after: machine.performed)
    }
}

extension Machine {
    /// The keys of what was done: in the image, by the plant, or by a recovery graph in its stead.
    var performed: Set<ActionKey> {
        Set(actions.filter { [.reused, .done, .recovered].contains($0.status) }.map(\.key))
    }

    /// Adds the report of an action, or replaces the one of the same id.
    mutating func place(_ report: ActionReport) {
        if let index = actions.lastIndex(where: { $0.id == report.id }) {
            if actions[index].status != .running { actions[index] = report }
        } else {
            actions.append(report)
        }
    }
}
