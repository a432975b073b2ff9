import DAGModel
import MachineBook

/// A machine's row in a plant's book.
typealias PlantRecord = MachineRecord<PlantExtra>

/// What a plant keeps beside a machine.
struct PlantExtra: Codable, Sendable, Hashable {
    /// How often its creation was begun.
    var attempt: Int
    /// The document that is being applied to the live machine.
    var further: [UInt8]?
    /// How often that was begun; nothing before the first time.
    var furtherAttempt: Int?
    /// What is known of the actions of such documents, for the history of an image.
    var steps: [KnownStep]?
    /// The image that is being made of the machine.
    var publication: PublicationIntent?
    /// The images that were made of it.
    var images: [MadeImage]?

    /// Keeps what is known of actions that the machine is told to do.
    mutating func know(_ actions: [Action]) {
        let known = Set(steps?.map(\.key) ?? [])
        steps = (steps ?? []) + actions.filter { !known.contains($0.key) }.map(KnownStep.init)
    }
}
