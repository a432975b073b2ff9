public import DAGModel

/// The memory of a machine as it was saved while it ran: clones wake up instead of booting.
///
/// A memory state fits only the hardware that it was saved on: all that is noted here has to be equal.
public struct MemoryState: Sendable, Hashable {
    /// How clones are made of it.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// A save image of libvirt: each clone reads it into memory of its own.
        case restore
        /// QEMU's memory file and the state of the devices: clones share the memory until they write to it.
        case template
    }

    /// What it was saved with.
    public struct Host: Sendable, Hashable {
        /// libvirt's versioned machine type, "pc-i440fx-7.2".
        public let machine: String
        /// The processor as the guest sees it.
        public let processor: String
        /// "kvm" or "tcg".
        public let accelerator: String
        /// The hypervisor's version.
        public let hypervisor: String

        /// What a state was saved with.
        public init(machine: String, processor: String, accelerator: String, hypervisor: String) {
            self.machine = machine
            self.processor = processor
            self.accelerator = accelerator
            self.hypervisor = hypervisor
        }
    }

    /// How clones are made of it.
    public let kind: Kind
    /// The machine's memory.
    public let memory: ByteCount
    /// The machine's processors.
    public let cpus: Int
    /// What it was saved with.
    public let host: Host
    /// The save image, or the state of the devices.
    public let state: BootFile
    /// The memory, of a template.
    public let ram: BootFile?
}

extension MemoryState: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case kind, memory, cpus, host, state, ram
    }

    /// Reads a memory state; memory is a number with a unit, "256MiB".
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.kind = try fields.decode(Kind.self, forKey: .kind)
        guard let memory = ByteCount(try fields.decode(String.self, forKey: .memory)) else {
            let wanted = "a size with its unit is wanted, such as \"256MiB\""
            throw DecodingError.dataCorruptedError(forKey: .memory, in: fields, debugDescription: wanted)
        }
        self.memory = memory
        self.cpus = try fields.decode(Int.self, forKey: .cpus)
        self.host = try fields.decode(Host.self, forKey: .host)
        self.state = try fields.decode(BootFile.self, forKey: .state)
        self.ram = try fields.decodeIfPresent(BootFile.self, forKey: .ram)
    }

    /// Writes a memory state.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(self.kind, forKey: .kind)
        try fields.encode(self.memory.description, forKey: .memory)
        try fields.encode(self.cpus, forKey: .cpus)
        try fields.encode(self.host, forKey: .host)
        try fields.encode(self.state, forKey: .state)
        try fields.encodeIfPresent(self.ram, forKey: .ram)
    }
}

extension MemoryState.Host: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case machine, processor, accelerator, hypervisor
    }

    /// Reads what a state was saved with.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.machine = try fields.decode(String.self, forKey: .machine)
        self.processor = try fields.decode(String.self, forKey: .processor)
        self.accelerator = try fields.decode(String.self, forKey: .accelerator)
        self.hypervisor = try fields.decode(String.self, forKey: .hypervisor)
    }
}

extension ImageManifest {
    /// What the name of a warm image ends in, if nobody says another, behind the name of the image that it was made from.
    public static let warmSuffix = "-warm"
}

extension ImageDraft {
    /// A memory state to be published with a disk.
    public struct Memory: Sendable, Hashable {
        /// How clones are made of it.
        public var kind: MemoryState.Kind
        /// The machine's memory.
        public var memory: ByteCount
        /// The machine's processors.
        public var cpus: Int
        /// What it was saved with.
        public var host: MemoryState.Host
        /// The path of the save image, or of the state of the devices.
        public var state: String
        /// The path of the memory, of a template.
        public var ram: String?

        /// A memory state to be copied.
        public init(
            kind: MemoryState.Kind,
            memory: ByteCount,
            cpus: Int,
            host: MemoryState.Host,
            state: String,
            ram: String? = nil
        ) {
            self.kind = kind
            self.memory = memory
            self.cpus = cpus
            self.host = host
            self.state = state
            self.ram = ram
        }
    }
}
