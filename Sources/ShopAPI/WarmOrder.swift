/// That a warm image be made of a cold one: started, and saved while it runs, so that its machines wake up.
public struct WarmOrder: Sendable, Hashable, Codable {
    /// How machines are made of a saved memory.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// Each reads it into memory of its own.
        case restore
        /// They share it until they write to it.
        case template
    }

    /// The name of the image that is started.
    public var image: String
    /// The name of the new one.
    public var name: String
    /// Bytes of memory of its machines; nothing for what the image needs, or the plant's default.
    public var memory: Int?
    /// Processors of its machines; nothing for one.
    public var cpus: Int?
    /// How machines are made of it; nothing for the best that the plant can.
    public var kind: Kind?
    /// The plant that makes it; nothing for the first of the shop's that is ready.
    public var plant: String?
    /// Whether an image of the new name is replaced.
    public var replace: Bool

    /// An order.
    public init(
        image: String,
        name: String? = nil,
        memory: Int? = nil,
        cpus: Int? = nil,
        kind: Kind? = nil,
        plant: String? = nil,
        replace: Bool = false
    ) {
        self.image = image
        self.name = name ?? image + "-warm"
        self.memory = memory
        self.cpus = cpus
        self.kind = kind
        self.plant = plant
        self.replace = replace
    }
}

/// How far the making of a warm image is. The same order again asks for the next word.
public struct WarmProgress: Sendable, Hashable, Codable {
    /// The name of the new image.
    public var name: String
    /// The plant that makes it.
    public var plant: String
    /// What is being done, for people.
    public var step: String
    /// The digest of the new image's version, once it is there.
    public var digest: String?

    /// A word on the progress.
    public init(name: String, plant: String, step: String, digest: String? = nil) {
        self.name = name
        self.plant = plant
        self.step = step
        self.digest = digest
    }
}
