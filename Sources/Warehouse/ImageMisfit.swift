public import DAGModel

/// Why an image does not fit a request.
public struct ImageMisfit: Error, Sendable, Hashable, CustomStringConvertible {
    /// What does not fit; the first thing found.
    public enum Reason: Sendable, Hashable {
        /// There is no image of that name.
        case unknown
        /// It is listed, but cannot be used.
        case unusable(String)
        /// It is for another architecture.
        case architecture(requested: String, image: String)
        /// It has another operating system.
        case operatingSystem(requested: String, image: String)
        /// It needs more memory than was asked for.
        case memory(requested: ByteCount, minimum: ByteCount)
        /// It was saved while it ran, with other memory than was asked for.
        case savedMemory(requested: ByteCount, saved: ByteCount)
        /// It was saved while it ran, with other processors than were asked for.
        case savedProcessors(requested: Int, saved: Int)
        /// It was saved while it ran, and its disk cannot grow.
        case savedDisk(requested: ByteCount, saved: ByteCount)
        /// Its disk is larger than what was asked for, in bytes.
        case disk(requested: ByteCount, image: ByteCount)
        /// No disk can be as large as what was asked for.
        case diskLimit(requested: ByteCount)
        /// What was done to it is no beginning of the graph.
        case history(HistoryMismatch)
        /// An action was done to it, and its manifest does not say what that published.
        case outputs(action: String, missing: [String])
        /// Not said: there are too many images. The name is that of none; so many there are.
        case untold(Int)
    }

    /// The image's name.
    public let image: String
    /// What does not fit.
    public let reason: Reason

    /// A misfit.
    public init(image: String, reason: Reason) {
        self.image = image
        self.reason = reason
    }

    /// The misfit in words.
    public var description: String {
        switch self.reason {
        case .unknown: "there is no image \(self.image) in the warehouse"
        case .unusable(let reason): "\(self.image) cannot be used: \(reason)"
        case .architecture(let requested, let image):
            "\(self.image) is for \(image), and \(requested) was asked for"
        case .operatingSystem(let requested, let image):
            "\(self.image) has \(image), and \(requested) was asked for"
        case .memory(let requested, let minimum):
            "\(self.image) needs \(minimum) of memory, and \(requested) was asked for"
        case .savedMemory(let requested, let saved):
            "\(self.image) was saved with \(saved) of memory, and \(requested) was asked for"
        case .savedProcessors(let requested, let saved):
            "\(self.image) was saved with \(saved) processors, and \(requested) were asked for"
        case .savedDisk(let requested, let saved):
            "\(self.image) was saved with a disk of \(saved), which it has seen, and \(requested) was asked for"
        case .disk(let requested, let image):
            "\(self.image) has a disk of \(image), and \(requested) was asked for"
        case .diskLimit(let requested):
            "no disk can be larger than \(ByteCount(bytes: QCOW2Header.maximumVirtualSize)), and \(requested) was asked for"
        case .history(let mismatch): "\(self.image) does not fit: \(mismatch)"
        case .outputs(let action, let missing):
            "\(self.image) has action `\(action)` done, but its manifest does not say what it published: "
                + missing.joined(separator: ", ")
        case .untold(let count): "\(count) more image\(count == 1 ? " does" : "s do") not fit either"
        }
    }
}

/// Whether a machine with the hardware that was asked for can run an image.
enum HardwareFit {
    /// The first thing that does not fit; what was not stated on either side fits.
    static func misfit(of image: ImageSummary, to hardware: Hardware) -> ImageMisfit.Reason? {
        let needs = image.hardware
        if let requested = hardware.architecture, requested != needs.architecture {
            return .architecture(requested: requested, image: needs.architecture)
        }
        if let requested = hardware.operatingSystem, let system = image.operatingSystem,
            !Self.operatingSystem(system, is: requested)
        {
            return .operatingSystem(requested: requested, image: system)
        }
        if let requested = hardware.memory, let minimum = needs.minimumMemory, requested < minimum {
            return .memory(requested: requested, minimum: minimum)
        }
        let size = ByteCount(bytes: image.virtualSize)
        if let requested = hardware.disk, requested < size {
            return .disk(requested: requested, image: size)
        }
        return image.saved.flatMap { Self.misfit(of: $0, size, to: hardware) }
    }

    /// A machine that wakes up must have just the hardware that it fell asleep with.
    private static func misfit(
        of saved: ImageSummary.Saved,
        _ size: ByteCount,
        to hardware: Hardware
    ) -> ImageMisfit.Reason? {
        if let requested = hardware.memory, requested != saved.memory {
            return .savedMemory(requested: requested, saved: saved.memory)
        }
        if let requested = hardware.cpus, requested != saved.cpus {
            return .savedProcessors(requested: requested, saved: saved.cpus)
        }
        if let requested = hardware.disk, requested != size { return .savedDisk(requested: requested, saved: size) }
        return nil
    }

    /// Whether `image` is `requested` or a kind of it: "linux-debian-12" is "linux-debian" and "linux".
    private static func operatingSystem(_ image: String, is requested: String) -> Bool {
        let image = image.lowercased()
        let requested = requested.lowercased()
        return image == requested || image.hasPrefix(requested + "-")
    }
}
