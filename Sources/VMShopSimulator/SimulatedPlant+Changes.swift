import DAGModel
import ShopAPI

/// What is done to machines that are there.
extension SimulatedPlant {
    func configure(_ id: MachineID, _ document: [UInt8]) async throws -> Machine {
        try await think()
        let digest = try Self.parse(document).digest
        guard var machine = machines[id] else { throw ServiceError.unknown(id) }
        if machine.state == .configuring, configurations[id]?.last == digest { return machine }
        guard machine.state == .ready else { throw Self.busy(machine) }
        machine.state = .configuring
        configurations[id, default: []].append(digest)
        become(machine)
        configure(id)
        return machine
    }

    /// Whether a further graph was applied to a machine.
    func hasConfigured(_ id: MachineID, _ digest: String) -> Bool { configurations[id]?.contains(digest) ?? false }

    /// Goes on with the graph that is being applied to a machine.
    func configure(_ id: MachineID) {
        let seconds = SimulatedFate(of: id, at: number, options).seconds
        // UNSTRUCTURED: it goes on while the caller goes on; it ends by itself, or with the process.
        Task {
            guard (try? await ServiceTime.sleep(for: .seconds(seconds))) != nil else { return }
            guard var machine = machines[id], machine.state == .configuring else { return }
            machine.state = .ready
            become(machine)
        }
    }

    func setLease(of id: MachineID, to duration: Duration?) async throws -> Machine {
        try await think()
        guard var machine = machines[id] else { throw ServiceError.unknown(id) }
        guard machine.state.holdsResources else { throw Self.busy(machine) }
        machine.leaseUntil = duration.map { Timestamp.now.advanced(by: $0) }
        machines[id] = machine
        return machine
    }

    /// Returns when a machine is something else, when the time is over or the process dies.
    func awaitChange(of id: MachineID, atMost limit: Duration) async {
        tickets += 1
        let ticket = tickets
        // UNSTRUCTURED: the alarm of this one wait.
        let alarm = Task {
            try? await ServiceTime.sleep(for: limit)
            waiting[id]?.removeValue(forKey: ticket)?.resume()
        }
        await withCheckedContinuation { waiting[id, default: [:]][ticket] = $0 }
        alarm.cancel()
    }

    private static func busy(_ machine: Machine) -> ServiceError {
        ServiceError(.machineBusy, "machine \(machine.id) is \(machine.state.rawValue)")
    }
}
