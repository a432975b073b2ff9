/// What is to be known of a domain that runs without libvirt, also after the plant was started anew. It is written before
/// what it tells of is done.
struct QEMURecord: Sendable, Hashable, Codable {
    /// What the domain is. Disks that were attached are in it.
    var spec: DomainSpec
    /// The plant that made it.
    var plant: String
    /// Its UUID.
    var uuid: String
    /// Whether its guest runs on KVM.
    var usesKVM: Bool
    /// The command line of the process that runs it, or was about to; `nil` when none was started, or it ended.
    var arguments: [String]?
    /// Whether it ever ran: what it starts from is then its disk, and no memory.
    var hasRun = false
    /// Whether its last run failed.
    var hasFailed = false
}
