import CostModel
import GRDB
import NetStore
import ShopAPI

/// What machines claim of the plant and which places are kept, in the plant's one database: so that what is promised is
/// counted in the transaction that promises more.
struct ClaimBook: Sendable {
    let database: any DatabaseWriter
    let addresses: AddressBook
    var clock = BootClock.host

    /// How much there is to share out, at one moment.
    struct Room: Sendable, Hashable {
        var promised: Commitments
        var standing: DomainStanding
        /// Machines of the domain that hold resources, and places that are kept for such.
        var machinesOfDomain: Int
        /// Why no new machines are taken, if none are. A place that is kept for the machine was promised before.
        var cordon: Cordon?

        /// What is lacking for a machine; every reason.
        func lacks(for claim: ResourceClaim, of capacity: PlantCapacity, domain: String) -> [String] {
            [cordon?.sentence].compactMap(\.self) + capacity.lacks(for: claim, beside: promised)
                + (standing.free > 0 ? [] : ["no address is free for domain \(domain)"])
        }
    }

    /// The room for a machine of a domain; a place that is kept for that very machine is not in its way.
    func room(forDomain domain: String, machine: MachineID?) async throws -> Room {
        try await database.read { try room(forDomain: domain, machine: machine, in: $0) }
    }

    /// ``room(forDomain:machine:)`` as a part of a transaction.
    func room(forDomain domain: String, machine: MachineID?, in db: Database) throws -> Room {
        let (promised, ofDomain) = try promised(except: machine, ofDomain: domain, in: db)
        return Room(
            promised: promised,
            standing: try addresses.standing(
                ofDomain: domain,
                expecting: expected(except: machine, in: db),
                in: db
            ),
            machinesOfDomain: ofDomain,
            cordon: try machine.flatMap { try reservation(of: $0, in: db) } == nil ? cordon(in: db) : nil
        )
    }

    /// How many machines that hold resources were made of an image, and for how many such places are kept.
    func machines(ofImage image: String) async throws -> Int {
        try await database.read { db in
            let held = """
                SELECT COUNT(*) FROM machine JOIN claim ON claim.machine = id
                WHERE state IN (\(Self.marks)) AND image = ?
                """
            let kept = "SELECT COUNT(*) FROM reservation WHERE image = ? AND boot = ? AND expires > ?"
            let machines = try Int.fetchOne(db, sql: held, arguments: StatementArguments(Self.holding + [image]))
            let places = try Int.fetchOne(db, sql: kept, arguments: [image, clock.boot, clock.now()])
            return (machines ?? 0) + (places ?? 0)
        }
    }

    /// What is promised, but for one machine.
    func promised(except machine: MachineID? = nil) async throws -> Commitments {
        try await database.read { try promised(except: machine, ofDomain: "", in: $0).all }
    }

    /// Records what a machine that was recorded claims, in place of what it claimed before and of its reservation.
    func claim(
        _ claim: ResourceClaim,
        for machine: MachineID,
        domain: String,
        image: String,
        in db: Database
    ) throws {
        try db.execute(sql: "DELETE FROM reservation WHERE machine = ?", arguments: [machine.text])
        try db.execute(
            sql: "INSERT OR REPLACE INTO claim (machine, domain, image, memory, cpus, disk) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [machine.text, domain, image, claim.memory, claim.cpus, claim.disk]
        )
    }

    static let holding = MachineState.allCases.filter(\.holdsResources).map(\.rawValue)
    static let marks = databaseQuestionMarks(count: holding.count)
    private static let sums = "COUNT(*) AS count, TOTAL(memory) AS memory, TOTAL(cpus) AS cpus, TOTAL(disk) AS disk"

    /// What is promised, and how many machines of a domain there are, or will be. Asked for every bid, so the statements are kept.
    func promised(
        except machine: MachineID?,
        ofDomain domain: String,
        in db: Database
    ) throws -> (all: Commitments, ofDomain: Int) {
        let held = try db.cachedStatement(
            sql: """
                SELECT \(Self.sums), TOTAL(domain = ?) AS own FROM machine LEFT JOIN claim ON claim.machine = id
                WHERE state IN (\(Self.marks)) AND id != ?
                """
        )
        let machines = try Row.fetchOne(
            held,
            arguments: StatementArguments([domain] + Self.holding + [machine?.text ?? ""])
        )
        let kept = try db.cachedStatement(
            sql: """
                SELECT \(Self.sums), TOTAL(domain = ?) AS own FROM reservation
                WHERE machine != ? AND boot = ? AND expires > ?
                """
        )
        let places = try Row.fetchOne(kept, arguments: [domain, machine?.text ?? "", clock.boot, clock.now()])
        func sum(_ column: String) -> Int { Int([machines, places].reduce(0.0) { $0 + ($1?[column] ?? 0.0) }) }
        let claim = ResourceClaim(memory: sum("memory"), cpus: sum("cpus"), disk: sum("disk"))
        let all = Commitments(machines: machines?["count"] ?? 0, reservations: places?["count"] ?? 0, claim: claim)
        return (all, sum("own"))
    }

    /// Machines that have been promised an address and may not have it yet.
    func expected(except machine: MachineID?, in db: Database) throws -> [ExpectedGuest] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT machine, domain FROM machine JOIN claim ON claim.machine = id WHERE state = ? AND id != ?
                UNION SELECT machine, domain FROM reservation WHERE machine != ? AND boot = ? AND expires > ?
                """
        )
        let own = machine?.text ?? ""
        return try Row.fetchAll(
            statement,
            arguments: [MachineState.creating.rawValue, own, own, clock.boot, clock.now()]
        ).compactMap { row in
            MachineID(row["machine"]).map { ExpectedGuest(machine: $0.resourceName, domain: row["domain"]) }
        }
    }
}
