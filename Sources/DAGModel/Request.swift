public import ClassAds

/// A machine that somebody wants: parsed, checked, whole.
public struct Request: Sendable, Hashable, Codable {
    /// What the client calls it; need not be unique.
    public var name: String?
    /// Who it is for.
    public var client: Client
    /// How long the machine is wanted; nil for as long as the plants allow.
    public var lease: Lease?
    /// What must be true of the plant that makes it; nil where any will do.
    public var requirements: Query?
    /// What it starts from.
    public var start: Start
    /// The configuration actions that follow the start.
    public var graph: Graph

    /// Creates a request.
    public init(
        name: String? = nil,
        client: Client,
        lease: Lease? = nil,
        requirements: Query? = nil,
        start: Start,
        graph: Graph = Graph()
    ) {
        self.name = name
        self.client = client
        self.lease = lease
        self.requirements = requirements
        self.start = start
        self.graph = graph
    }
}

/// The owner of a machine.
public struct Client: Sendable, Hashable, Codable {
    /// The client domain, which has a host-only network of its own on each plant: `[a-z0-9][a-z0-9.-]{0,62}`.
    public var domain: String
    /// The person, where the middleware tells.
    public var user: String?

    /// Creates a client.
    public init(domain: String, user: String? = nil) {
        self.domain = domain
        self.user = user
    }
}

/// The start node: a named image, hardware to be matched, or both.
public struct Start: Sendable, Hashable, Codable {
    /// The image to clone; nil lets the plant choose the image that has most of the graph in it.
    public var image: String?
    /// What the machine must have.
    public var hardware: Hardware

    /// Creates a start.
    public init(image: String? = nil, hardware: Hardware = Hardware()) {
        self.image = image
        self.hardware = hardware
    }
}

/// What a machine must have; nil where the image's own value will do.
public struct Hardware: Sendable, Hashable, Codable {
    /// Main memory.
    public var memory: ByteCount?
    /// Virtual processors.
    public var cpus: Int?
    /// Size of the first disk.
    public var disk: ByteCount?
    /// The processor's architecture, as `x86_64`.
    public var architecture: String?
    /// The operating system, as `linux`.
    public var operatingSystem: String?

    /// Creates hardware.
    public init(
        memory: ByteCount? = nil,
        cpus: Int? = nil,
        disk: ByteCount? = nil,
        architecture: String? = nil,
        operatingSystem: String? = nil
    ) {
        self.memory = memory
        self.cpus = cpus
        self.disk = disk
        self.architecture = architecture
        self.operatingSystem = operatingSystem
    }
}
