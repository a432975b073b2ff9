/// An image that is made of a machine, or was.
public struct MachineImage: Sendable, Hashable, Codable {
    /// The image's name.
    public var name: String
    /// The machine that it is made of.
    public var machine: MachineID
    /// Whether it is in the warehouse.
    public var isDone: Bool
    /// How far it is, in words.
    public var progress: String
    /// The digest of the version, once it is there.
    public var digest: String?
    /// The version of an image that the machine was cloned from, `small@dd06d2479d9a`.
    public var parent: String?
    /// How many actions its history has.
    public var actions: Int
    /// Seconds that the machine stood still for it; nothing for one that was stopped.
    public var pause: Double?
    /// What was not as it should be, though the image is there.
    public var warnings: [String]

    /// An image of a machine.
    public init(
        name: String,
        machine: MachineID,
        isDone: Bool = false,
        progress: String = "begun",
        digest: String? = nil,
        parent: String? = nil,
        actions: Int = 0,
        pause: Double? = nil,
        warnings: [String] = []
    ) {
        self.name = name
        self.machine = machine
        self.isDone = isDone
        self.progress = progress
        self.digest = digest
        self.parent = parent
        self.actions = actions
        self.pause = pause
        self.warnings = warnings
    }
}
