public import DAGModel

/// What is kept in memory of each image that can be used: enough to say which is the best, whatever the number of images.
///
/// It is never believed: the manifest of the image that is chosen is read again.
public struct ImageSummary: Sendable, Hashable {
    /// The image's name.
    public let name: String
    /// The name of the image whose disk is at the bottom of its own: the same system starts from both. Its own name where it
    /// stands on none.
    public let root: String
    /// The size of its disk's file in bytes.
    public let diskBytes: Int
    /// The size of its disk in bytes, as the guest sees it.
    public let virtualSize: Int
    /// How many actions made it.
    public let steps: Int
    /// What it needs.
    public let hardware: ImageHardware
    /// Its operating system; nothing when it was not stated.
    public let operatingSystem: String?
    /// What it was saved with, when machines made of it wake up; nothing when they boot.
    public let saved: Saved?

    /// The hardware of a machine that was saved while it ran.
    public typealias Saved = HardwareNeeds.Saved

    /// What it asks of the machine that runs it.
    public var needs: HardwareNeeds {
        HardwareNeeds(
            architecture: hardware.architecture,
            operatingSystem: operatingSystem,
            minimumMemory: hardware.minimumMemory,
            disk: ByteCount(bytes: virtualSize),
            saved: saved
        )
    }

    init(
        name: String,
        root: String,
        diskBytes: Int,
        virtualSize: Int,
        steps: Int,
        hardware: ImageHardware,
        operatingSystem: String?,
        saved: Saved?
    ) {
        self.name = name
        self.root = root
        self.diskBytes = diskBytes
        self.virtualSize = virtualSize
        self.steps = steps
        self.hardware = hardware
        self.operatingSystem = operatingSystem
        self.saved = saved
    }

    /// What a manifest says.
    public init(_ manifest: ImageManifest) {
        self.init(
            name: manifest.name,
            root: manifest.root,
            diskBytes: manifest.disk.bytes,
            virtualSize: manifest.disk.virtualSize,
            steps: manifest.history.count,
            hardware: manifest.hardware,
            operatingSystem: manifest.operatingSystem,
            saved: manifest.memory.map { Saved(memory: $0.memory, cpus: $0.cpus) }
        )
    }
}

extension ImageManifest {
    /// The name of the image that all began with: whose disk is at the bottom of its own, else its own. The name of a
    /// checkpoint says it also where its disk was made whole.
    public var root: String {
        if let layer = disk.layers.last { return layer.image.name }
        return [.checkpoint, .automatic].contains(origin) ? ImageName.root(ofCheckpoint: name) : name
    }
}
