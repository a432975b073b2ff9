import DAGModel
import MachineBook
import NetStore
import ShopAPI

/// An action in the guest: a job in its share, and the result that appears there.
struct GuestAction: Sendable {
    let plant: PlantParts
    let id: MachineID

    /// What the guest may take beyond the action's own limit, which its runner enforces.
    static let grace = Duration.seconds(15)
    /// Bytes of standard output, and of standard error, that the guest keeps.
    static let outputLimit = 64 << 10
    /// Characters of output that a report carries.
    static let reportLimit = 4096

    /// Runs an action and takes its result.
    ///
    /// A job that was given to the guest before a restart of the plant is waited for, not given again.
    ///
    /// - Throws: `machine.lost` when the domain stops meanwhile, `guest.silent` when nothing comes back in time.
    func perform(_ action: Action, _ parameters: [String: String]) async throws -> ActionOutcome {
        let lease = try await plant.host.lease(of: id)
        let share = try ScriptShare(lease: lease)
        let job = try await record(action)
        try await share.enqueue(scriptJob(job, action, parameters))
        GuestKnock.send(to: lease)
        FaultPoint.pass("job-given")
        let name = try JobName(sequence: job.sequence, action: action.id)
        let limit = action.timeout + Self.grace
        let outcome = try await GuestWatch(plant: plant, id: id).wait(atMost: limit) {
            try await share.outcome(of: name, nonce: job.nonce)
        }
        guard let outcome else {
            throw ServiceError(
                .guestSilent,
                "the guest gave no result for action `\(action.id)` within \(limit.seconds.formatted) s"
            )
        }
        return ActionOutcome(outcome, of: action)
    }

    private func record(_ action: Action) async throws -> OpenJob {
        if let open = try await plant.jobs.open(action.id, of: id) { return open }
        let job = try await plant.jobs.begin(action.id, of: id)
        FaultPoint.pass("job-recorded")
        return job
    }

    private func scriptJob(_ job: OpenJob, _ action: Action, _ parameters: [String: String]) throws -> ScriptJob {
        try ScriptJob(
            name: JobName(sequence: job.sequence, action: action.id),
            script: GuestOperations.script(of: action.operation),
            environment: parameters,
            timeout: action.timeout,
            outputLimit: Self.outputLimit,
            nonce: job.nonce
        )
    }
}

extension ActionOutcome {
    init(_ outcome: JobOutcome, of action: Action) {
        let published = PublishedOutputs(declared: action.outputs, published: outcome.attributes)
        let notes = outcome.isSuccess ? published.problems.map { "vmshop: \($0)\n" }.joined() : ""
        let written = String(decoding: outcome.output + outcome.errors, as: UTF8.self)
        self.init(
            succeeded: outcome.isSuccess && published.problems.isEmpty,
            exitCode: outcome.ending.code,
            timedOut: outcome.isTimeout,
            seconds: max(0, outcome.usage["elapsed_seconds"] ?? outcome.finished - outcome.started),
            output: Self.tail(notes + written),
            outputs: published.attributes,
            usage: outcome.usage.isEmpty ? nil : outcome.usage
        )
    }

    private static func tail(_ text: String) -> String? {
        text.isEmpty ? nil : String(text.suffix(GuestAction.reportLimit))
    }
}

extension JobOutcome.Ending {
    /// The exit code as a shell says it: 128 + signal when a signal ended the script.
    fileprivate var code: Int {
        switch self {
        case .exit(let code): code
        case .signal(let signal): 128 + signal
        }
    }
}
