public import FoundationEssentials

/// An image to be published: the files it is made of and what is to be known of it.
public struct ImageDraft: Sendable, Hashable {
    /// A kernel and its initial file system, as files on this host.
    public struct Boot: Sendable, Hashable {
        /// The path of the kernel.
        public var kernel: String
        /// The path of the initial file system.
        public var initrd: String?
        /// The kernel's command line.
        public var commandLine: String

        /// A kernel to be copied.
        public init(kernel: String, initrd: String? = nil, commandLine: String = "") {
            self.kernel = kernel
            self.initrd = initrd
            self.commandLine = commandLine
        }
    }

    /// The image's name, `[a-z0-9][a-z0-9._-]{0,62}`.
    public var name: String
    /// The path of the disk file; it is copied and stays as it is.
    public var disk: String
    /// The disk file's format, stated, never guessed.
    public var format: ImageFormat
    /// The kernel to start directly.
    public var boot: Boot?
    /// What the image needs.
    public var hardware: ImageHardware
    /// The operating system, "linux" or more precisely "linux-debian-12".
    public var operatingSystem: String?
    /// How the guest runner gets into machines.
    public var guest: GuestKind
    /// The actions that made the disk what it is, in order.
    public var history: [PerformedAction]
    /// The time of publication.
    public var published: Date
    /// A sentence for people.
    public var description: String?
    /// The image whose disk this one's stands on, as a machine's overlay does; the copy stands on it too. Nothing for a
    /// disk that is whole by itself.
    public var base: WarehouseImage?
    /// The version of an image that it was made from.
    public var parent: ImageReference?
    /// Where it came from.
    public var origin = ImageOrigin.installer
    /// The memory of the running machine, if it was saved with the disk.
    public var memory: Memory?

    /// A draft of an image.
    public init(
        name: String,
        disk: String,
        format: ImageFormat,
        boot: Boot? = nil,
        hardware: ImageHardware,
        operatingSystem: String? = nil,
        guest: GuestKind,
        history: [PerformedAction] = [],
        published: Date = Date(),
        description: String? = nil
    ) {
        self.name = name
        self.disk = disk
        self.format = format
        self.boot = boot
        self.hardware = hardware
        self.operatingSystem = operatingSystem
        self.guest = guest
        self.history = history
        self.published = published
        self.description = description
    }
}
