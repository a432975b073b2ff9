/// A guest's sign of life. All of it is the guest's word.
public struct GuestHeartbeat: Sendable, Hashable, Codable {
    /// Which boot of the guest it is.
    public var boot: String
    /// For how many seconds the guest has been up.
    public var uptime: Double
    /// A number that grows with each sign of life of one boot.
    public var beat: Int
    /// The address that the guest believes it has.
    public var address: String
    /// The version of the guest's runner.
    public var runner: String
    /// The machine that the guest became after it woke up from saved memory; nothing for a guest that booted.
    public var awake: String?

    /// Makes one; the share does.
    public init(boot: String, uptime: Double, beat: Int, address: String, runner: String) {
        self.boot = boot
        self.uptime = uptime
        self.beat = beat
        self.address = address
        self.runner = runner
    }

    /// Reads the lines of the file.
    init(_ lines: GuestLines) throws(NetStoreError) {
        guard let uptime = lines.number("uptime"), let beat = lines["beat"].flatMap(Int.init), beat >= 0 else {
            throw NetStoreError(.tampered, "heartbeat: no uptime or beat")
        }
        self.init(
            boot: lines["boot"] ?? "",
            uptime: uptime,
            beat: beat,
            address: lines["address"] ?? "",
            runner: lines["runner"] ?? ""
        )
        awake = lines["awake"]
    }
}

extension GuestHeartbeat {
    /// Whether the guest's runner can be a spare: those of the first version cannot.
    public var canStandBy: Bool { Int(runner).map { $0 >= 2 } ?? false }
}

/// What a plant asks of a guest's runner at the end.
public enum GuestFinish: String, Sendable, Hashable, Codable {
    /// Power the guest off.
    case poweroff
    /// Stop the runner, leave the guest as it is.
    case stop
}

/// What a guest is told about itself.
public struct GuestIdentity: Sendable, Hashable, Codable {
    /// The machine's id.
    public var machine: String
    /// The machine's name for people.
    public var name: String
    /// The client domain.
    public var domain: String

    /// Makes an identity.
    public init(machine: String, name: String, domain: String) {
        self.machine = machine
        self.name = name
        self.domain = domain
    }

    /// The file `identity`.
    func text() throws(NetStoreError) -> String {
        let values = [("machine", machine), ("name", name), ("domain", domain)]
        for (what, value) in values where !GuestLines.isPlain(value) || value.contains("\t") || value.utf8.count > 1024
        {
            throw NetStoreError(.invalid, "identity: the \(what) has control characters or is too long")
        }
        return values.map { "\($0)=\($1)\n" }.joined()
    }
}
