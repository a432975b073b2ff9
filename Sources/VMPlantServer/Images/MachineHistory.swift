import ClassAds
import DAGModel
import ShopAPI
import Warehouse

/// What is kept of an action that a machine was told to do, for as long as an image may be made of it.
struct KnownStep: Codable, Sendable, Hashable {
    var key: ActionKey
    var content: StepContent
    /// Whether it was given a secret.
    var holdsSecret: Bool

    init(_ action: Action) {
        key = action.key
        content = StepContent(action)
        holdsSecret = action.parameters.contains(where: \.secret)
    }
}

/// The history of an image that is made of a machine: that of the machine's own image, then what was done to it since.
///
/// An image says exactly what was done to it, since requests are matched by that. So none is made of a machine on which
/// something was done that the history could not say.
enum MachineHistory {
    /// The history.
    ///
    /// - Parameters:
    ///   - image: The image that the machine was cloned from.
    ///   - reports: What became of the machine's actions, in the order in which they are carried out.
    ///   - steps: What is known of the actions that it was told to do.
    /// - Returns: The history.
    /// - Throws: ``ServiceError`` `image.refused` with every reason.
    static func of(
        _ image: ImageManifest,
        _ reports: [ActionReport],
        _ steps: [KnownStep]
    ) throws -> [PerformedAction] {
        let known = Dictionary(steps.map { ($0.key, $0) }) { first, _ in first }
        let obstacles = reports.compactMap { obstacle($0, known[$0.key]) }
        guard obstacles.isEmpty else {
            let reasons = obstacles.joined(separator: "; ")
            throw ServiceError(.imageRefused, "no image can be made of the machine: " + reasons)
        }
        let done = reports.filter { $0.status == .done }
        return image.history + done.map { performed($0, known[$0.key]) }
    }

    private static func obstacle(_ report: ActionReport, _ step: KnownStep?) -> String? {
        switch report.status {
        case .reused, .pending, .running: nil
        case .failed, .continued, .recovered:
            "action `\(report.id)` failed on it, and what that left on its disk is in no history"
        case .done where report.site == .host:
            "action `\(report.id)` was done on the host, and what it made is not on the disk of the machine"
        case .done where step == nil:
            "what action `\(report.id)` did is not known any more"
        case .done where step?.holdsSecret == true:
            "action `\(report.id)` was given a secret, and whoever clones the image could read it"
        case .done: nil
        }
    }

    private static func performed(_ report: ActionReport, _ step: KnownStep?) -> PerformedAction {
        PerformedAction(
            key: report.key,
            action: report.id,
            operation: step?.content.operation,
            outputs: Dictionary(report.outputs.sorted.map { ($0.name, $0.value.description) }) { first, _ in first },
            content: step?.content
        )
    }
}
