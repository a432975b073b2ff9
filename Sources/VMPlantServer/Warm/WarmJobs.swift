import ShopAPI

/// The warm images that are being made, and the private machines that they are made with.
///
/// Nothing of it is on disk: after a crash such a machine is in no book, and is removed as an orphan; the order is given
/// again by whoever still wants it.
actor WarmJobs {
    private struct Job {
        let order: WarmOrder
        let machine: MachineID
        var step = "starting"
        var outcome: Result<WarmProgress, any Error>?
    }

    private var jobs: [String: Job] = [:]

    /// The resource names of the private machines: no orphans while they are here.
    var resourceNames: Set<String> { Set(jobs.values.filter { $0.outcome == nil }.map(\.machine.resourceName)) }

    /// Begins a job unless it is under way.
    ///
    /// - Returns: The private machine's id where it is to be begun now.
    /// - Throws: ``ServiceError`` when another order of that name is under way.
    func begin(_ order: WarmOrder) throws -> MachineID? {
        if let job = jobs[order.name], job.outcome == nil {
            guard job.order == order else {
                throw ServiceError(
                    .machineBusy,
                    "another image \(order.name) is being made",
                    hint: "wait, or choose another name"
                )
            }
            return nil
        }
        if let job = jobs[order.name], job.order == order { return nil }
        let machine = MachineID.new()
        jobs[order.name] = Job(order: order, machine: machine)
        return machine
    }

    /// Notes what is being done now.
    func note(_ step: String, on name: String) { jobs[name]?.step = step }

    /// Notes how it ended.
    func end(_ name: String, _ outcome: Result<WarmProgress, any Error>) { jobs[name]?.outcome = outcome }

    /// What is being done, or how it ended; an end is told once.
    func look(_ name: String) throws -> (step: String, done: WarmProgress?) {
        guard let job = jobs[name] else { return ("not begun", nil) }
        guard let outcome = job.outcome else { return (job.step, nil) }
        jobs[name] = nil
        return (job.step, try outcome.get())
    }
}
