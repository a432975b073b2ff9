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
}
