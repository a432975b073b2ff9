import CostModel
import DAGModel
import MachineBook
import ShopAPI

/// Carries out a graph on a machine: runs what ``GraphRun`` says, and writes down what became of each action.
struct GraphExecutor: Sendable {
    let plant: PlantParts
    let id: MachineID

    /// Runs actions in the given order.
    ///
    /// - Throws: ``ServiceError`` `action.failed`, naming the action with its output, when one failed for good.
    func run(_ actions: [Action]) async throws {
        var run = GraphRun(actions)
        while true {
            try Task.checkCancellation()
            switch run.next() {
            case .complete:
                return
            case .recovered(let action):
                try await report(action.id, "recovered by its recovery graph") { $0.status = .recovered }
            case .abort(let action):
                throw await failure(of: action)
            case .run(let action, let pause):
                try await Task.sleep(for: pause)
                let outcome = try await perform(action)
                try await settle(action, outcome, run.record(succeeded: outcome.succeeded))
                if outcome.succeeded { try await Checkpoint(plant: plant, id: id).follow(action) }
            }
        }
    }

    private func perform(_ action: Action) async throws -> ActionOutcome {
        try await start(action)
        FaultPoint.pass("action-started")
        let reports = try await plant.machines.record(id)?.machine.actions ?? []
        let parameters = ParameterValues(action.parameters, reports: reports)
        guard parameters.missing.isEmpty else { return .failure(parameters.missing.joined(separator: "; ")) }
        var outcome =
            switch action.site {
            case .guest: try await GuestAction(plant: plant, id: id).perform(action, parameters.values)
            case .host: await HostAction(plant: plant, id: id).perform(action, parameters.values)
            }
        outcome.output = outcome.output.map(parameters.redacted)
        return outcome
    }

    private func start(_ action: Action) async throws {
        let event = MachineEvent(kind: .actionStarted, message: "\(action.id) started", action: action.id)
        try await plant.machines.update(id, events: [event], isLazy: true) { record in
            if !record.machine.actions.contains(where: { $0.id == action.id }) {
                record.machine.actions.append(ActionReport(action))
            }
            record.machine.withReport(of: action.id) { $0.status = .running }
        }
    }

    private func settle(_ action: Action, _ outcome: ActionOutcome, _ verdict: GraphRun.Verdict) async throws {
        let how = outcome.succeeded ? "done" : outcome.timedOut ? "timed out" : "failed"
        let code = outcome.exitCode.map { outcome.succeeded ? "" : " with exit code \($0)" } ?? ""
        let message = "\(action.id) \(how)\(code) after \(outcome.seconds.formatted) s\(verdict.remark)"
        try await report(action.id, message) { report in
            report.take(outcome)
            report.status = verdict.status
        }
        FaultPoint.pass("action-settled")
        // Only now, so that a restart in between takes the result again instead of running the action again.
        try await plant.jobs.close(action.id, of: id)
        guard outcome.succeeded else { return }
        try await plant.durations.learn(
            [.key(action.key), .operation(action.operation.name)],
            seconds: outcome.seconds
        )
    }

    private func report(
        _ action: String,
        _ message: String,
        _ change: @escaping @Sendable (inout ActionReport) -> Void
    ) async throws {
        let event = MachineEvent(kind: .actionFinished, message: message, action: action)
        try await plant.machines.update(id, events: [event], isLazy: true) { $0.machine.withReport(of: action, change) }
    }

    private func failure(of action: Action) async -> ServiceError {
        let record = try? await plant.machines.record(id)
        let report = record?.machine.actions.last { $0.id == action.id }
        let how = report?.timedOut == true ? "timed out after \(action.timeout.seconds.formatted) s" : "failed"
        let code = report?.exitCode.map { " with exit code \($0)" } ?? ""
        return ServiceError(
            .actionFailed,
            "action `\(action.id)` \(how)\(code) on plant \(plant.settings.name)",
            hint: "its output is below; the request's <on-error> decides what happens then",
            action: report
        )
    }
}

extension GraphRun.Verdict {
    fileprivate var status: ActionReport.Status {
        switch self {
        case .done: .done
        case .retrying: .running
        case .continued: .continued
        case .recovering, .failed: .failed
        }
    }

    fileprivate var remark: String {
        switch self {
        case .done, .failed: ""
        case .retrying: ", it will be tried again"
        case .continued: ", its policy is to continue"
        case .recovering: ", its recovery graph follows"
        }
    }
}

extension Machine {
    /// Changes the report of an action.
    mutating func withReport(of action: String, _ change: (inout ActionReport) -> Void) {
        guard let index = actions.lastIndex(where: { $0.id == action }) else { return }
        change(&actions[index])
    }
}
