import GRDB

/// What a plant's state directory holds for machines: rows of its database, and directories. Everything is empty when
/// no machine is there.
public struct PlantCensus: Sendable, Hashable {
    /// Lines of the journal, `<machine> <resource> <state>`.
    public var journal: [String]
    /// Machines with a row in the address book.
    public var leases: [String]
    /// Networks of the address book.
    public var networks: [String]
    /// Open jobs, `<machine> <action>`.
    public var jobs: [String]
    /// Directories of disks.
    public var disks: [String]
    /// Script shares.
    public var shares: [String]
    /// Machines that are noted on an image of the warehouse, by image and version.
    public var marks: [String]

    /// Counts what is below a fixture's directory; the plant may run meanwhile.
    public init(_ directory: TemporaryDirectory) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        let database = try DatabaseQueue(path: directory("state/plant.sqlite"), configuration: configuration)
        let rows = try database.read { database in
            try [
                "SELECT machine || ' ' || resource || ' ' || state FROM journal",
                "SELECT machineID FROM netLease", "SELECT name FROM netNetwork",
                "SELECT machine || ' ' || action FROM job",
            ].map { try String.fetchAll(database, sql: $0).sorted() }
        }
        (journal, leases, networks, jobs) = (rows[0], rows[1], rows[2], rows[3])
        disks = directory.list("state/machines")
        shares = directory.list("state/shares")
        marks = directory.list("warehouse/images").flatMap { image in
            let versions = directory.list("warehouse/images/\(image)").map { "\(image)/\($0)" }
            return ([image] + versions).flatMap { folder in
                directory.list("warehouse/images/\(folder)/machines").map { "\(folder) \($0)" }
            }
        }
    }

    /// Whether nothing is left.
    public var isEmpty: Bool { [journal, leases, networks, jobs, disks, shares, marks].allSatisfy(\.isEmpty) }
}
