/// What an image asks of the machine that runs it.
public struct HardwareNeeds: Sendable, Hashable, Codable {
    /// The processor architecture as QEMU names it, "x86_64".
    public var architecture: String
    /// The operating system; nothing when it was not stated.
    public var operatingSystem: String?
    /// The least memory with which it works; nothing when it was not stated.
    public var minimumMemory: ByteCount?
    /// The size of its disk, as the guest sees it.
    public var disk: ByteCount
    /// What it was saved with, when machines made of it wake up; nothing when they boot.
    public var saved: Saved?

    /// The hardware of a machine that was saved while it ran.
    public struct Saved: Sendable, Hashable, Codable {
        /// Its memory.
        public var memory: ByteCount
        /// Its processors.
        public var cpus: Int

        /// Saved hardware.
        public init(memory: ByteCount, cpus: Int) {
            self.memory = memory
            self.cpus = cpus
        }
    }

    /// Needs.
    public init(
        architecture: String,
        operatingSystem: String? = nil,
        minimumMemory: ByteCount? = nil,
        disk: ByteCount,
        saved: Saved? = nil
    ) {
        self.architecture = architecture
        self.operatingSystem = operatingSystem
        self.minimumMemory = minimumMemory
        self.disk = disk
        self.saved = saved
    }

    /// The first thing that does not fit a machine with the hardware that was asked for; what was not stated on either side
    /// fits.
    public func misfit(to hardware: Hardware) -> HardwareMisfit? {
        if let requested = hardware.architecture, requested != self.architecture {
            return .architecture(requested: requested, image: self.architecture)
        }
        if let requested = hardware.operatingSystem, let system = self.operatingSystem,
            !Self.operatingSystem(system, is: requested)
        {
            return .operatingSystem(requested: requested, image: system)
        }
        if let requested = hardware.memory, let minimum = self.minimumMemory, requested < minimum {
            return .memory(requested: requested, minimum: minimum)
        }
        if let requested = hardware.disk, requested < self.disk {
            return .disk(requested: requested, image: self.disk)
        }
        return self.saved.flatMap { self.misfit(of: $0, to: hardware) }
    }

    /// A machine that wakes up must have just the hardware that it fell asleep with.
    private func misfit(of saved: Saved, to hardware: Hardware) -> HardwareMisfit? {
        if let requested = hardware.memory, requested != saved.memory {
            return .savedMemory(requested: requested, saved: saved.memory)
        }
        if let requested = hardware.cpus, requested != saved.cpus {
            return .savedProcessors(requested: requested, saved: saved.cpus)
        }
        if let requested = hardware.disk, requested != self.disk {
            return .savedDisk(requested: requested, saved: self.disk)
        }
        return nil
    }

    /// Whether `image` is `requested` or a kind of it: "linux-debian-12" is "linux-debian" and "linux".
    private static func operatingSystem(_ image: String, is requested: String) -> Bool {
        let image = image.lowercased()
        let requested = requested.lowercased()
        return image == requested || image.hasPrefix(requested + "-")
    }
}

/// Why an image cannot be used for the hardware that was asked for.
public enum HardwareMisfit: Sendable, Hashable {
    /// It is for another architecture.
    case architecture(requested: String, image: String)
    /// It has another operating system.
    case operatingSystem(requested: String, image: String)
    /// It needs more memory than was asked for.
    case memory(requested: ByteCount, minimum: ByteCount)
    /// Its disk is larger than what was asked for.
    case disk(requested: ByteCount, image: ByteCount)
    /// It was saved while it ran, with other memory than was asked for.
    case savedMemory(requested: ByteCount, saved: ByteCount)
    /// It was saved while it ran, with other processors than were asked for.
    case savedProcessors(requested: Int, saved: Int)
    /// It was saved while it ran, and its disk cannot grow.
    case savedDisk(requested: ByteCount, saved: ByteCount)

    /// The misfit in words, of which the image's name is the subject.
    public func description(of image: String) -> String {
        switch self {
        case .architecture(let requested, let own): "\(image) is for \(own), and \(requested) was asked for"
        case .operatingSystem(let requested, let own): "\(image) has \(own), and \(requested) was asked for"
        case .memory(let requested, let minimum): "\(image) needs \(minimum) of memory, and \(requested) was asked for"
        case .disk(let requested, let own): "\(image) has a disk of \(own), and \(requested) was asked for"
        case .savedMemory(let requested, let saved):
            "\(image) was saved with \(saved) of memory, and \(requested) was asked for"
        case .savedProcessors(let requested, let saved):
            "\(image) was saved with \(saved) processors, and \(requested) were asked for"
        case .savedDisk(let requested, let saved):
            "\(image) was saved with a disk of \(saved), which it has seen, and \(requested) was asked for"
        }
    }
}
