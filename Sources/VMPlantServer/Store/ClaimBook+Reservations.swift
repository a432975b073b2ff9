import CostModel
import GRDB
import ShopAPI

extension ClaimBook {
    /// The place that is kept for a machine, if one is.
    func reservation(of machine: MachineID) async throws -> Reservation? {
        try await database.read { try reservation(of: machine, in: $0) }
    }

    /// ``reservation(of:)`` as a part of a transaction.
    func reservation(of machine: MachineID, in db: Database) throws -> Reservation? {
        let sql = "SELECT * FROM reservation WHERE machine = ? AND boot = ? AND expires > ?"
        return try Row.fetchOne(db, sql: sql, arguments: [machine.text, clock.boot, clock.now()]).map { row in
            Reservation(
                machine: machine,
                bid: row["bid"],
                digest: row["digest"],
                domain: row["domain"],
                image: row["image"],
                claim: ResourceClaim(memory: row["memory"], cpus: row["cpus"], disk: row["disk"]),
                expires: row["expires"]
            )
        }
    }

    /// Keeps a place, in the stead of the one that was kept for the machine before. Those that are over are forgotten.
    func keep(_ place: Reservation, in db: Database) throws {
        try db.execute(
            sql: "DELETE FROM reservation WHERE boot != ? OR expires <= ?",
            arguments: [clock.boot, clock.now()]
        )
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO reservation
                    (machine, bid, digest, domain, image, memory, cpus, disk, boot, expires)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                place.machine.text, place.bid, place.digest, place.domain, place.image, place.claim.memory,
                place.claim.cpus, place.claim.disk, clock.boot, place.expires,
            ]
        )
    }

    /// Gives a place back. One that is not kept is given back already.
    func giveBack(_ machine: MachineID) async throws {
        try await database.write { db in
            try db.execute(sql: "DELETE FROM reservation WHERE machine = ?", arguments: [machine.text])
        }
    }
}
