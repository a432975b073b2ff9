import DAGModel
import MachineBook
import ShopAPI

extension Plant {
    func setLease(of id: MachineID, to duration: Duration?) async throws -> Machine {
        let leases = parts.leases
        let (now, caller) = (Timestamp.now, CallerCheck())
        try await parts.machines.write { transaction in
            try caller.check(in: transaction.database)
            guard let record = try transaction.record(id) else { throw ServiceError.unknown(id) }
            guard record.machine.state.holdsResources, record.machine.state != .collecting else {
                throw Self.busy(record.machine)
            }
            let old = try leases.term(of: id, in: transaction.database)
            let until = duration.map { now.advanced(by: $0) }
            // What stands still goes on as soon as that is done: one without an end has its term until then.
            if duration == nil, old?.isSuspended != true {
                try leases.remove(of: id, in: transaction.database)
            } else {
                let idle = old?.idle.map { Duration.milliseconds($0) }
                let lease = Lease(duration: duration ?? Lease.longest, idle: idle, end: old?.end ?? .collect)
                var term = LeaseTerm(of: id, lease, leases.clock)
                term.isSuspended = old?.isSuspended ?? false
                try leases.set(term, in: transaction.database)
            }
            let message = until.map { "its lease ends at \($0)" } ?? "its lease has no end"
            try transaction.update(id, events: [MachineEvent(kind: .step, message: message)]) {
                $0.machine.leaseUntil = until
            }
        }
        FaultPoint.pass("lease-recorded")
        await Reaper(plant: self).carryOut(id)
        return try await machine(id)
    }
}
