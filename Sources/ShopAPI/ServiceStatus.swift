/// How a service stands.
public struct ServiceStatus: Sendable, Hashable, Codable {
    /// What kind of service it is.
    public enum Role: String, Sendable, Hashable, Codable { case shop, plant }

    /// Its name.
    public var name: String
    /// What kind of service it is.
    public var role: Role
    /// Its version.
    public var version: String
    /// Whether it can take machines now.
    public var isReady: Bool
    /// What keeps it from working, each a sentence.
    public var problems: [String]
    /// Machines it knows that hold resources.
    public var machines: Int
    /// What it stands on: hypervisor, file server, free addresses …
    public var details: [String: String]

    /// Makes a status.
    public init(
        name: String,
        role: Role,
        isReady: Bool,
        problems: [String] = [],
        machines: Int,
        details: [String: String] = [:]
    ) {
        self.name = name
        self.role = role
        self.version = ShopAPI.productVersion
        self.isReady = isReady
        self.problems = problems
        self.machines = machines
        self.details = details
    }
}

/// A plant of a shop's list, as the shop sees it.
public struct PlantStatus: Sendable, Hashable, Codable {
    /// Where it listens.
    public var url: String
    /// What it said of itself, if it answered.
    public var status: ServiceStatus?
    /// Why it did not, if it did not.
    public var problem: String?
    /// Whether it joined by itself; nothing where it is in the shop's settings.
    public var hasJoined: Bool?

    /// Makes an entry.
    public init(url: String, status: ServiceStatus?, problem: String?) {
        self.url = url
        self.status = status
        self.problem = problem
    }
}
