import CostModel
import GRDB
import NetStore
import ShopAPI

/// What is promised and what is left, for every client domain at once.
struct ClaimOutline: Sendable, Hashable {
    var promised: Commitments
    /// Free addresses of the domains that have a network.
    var networks: [String: Int]
    /// Free addresses of a domain that has none.
    var freeForNewDomain: Int
    var machinesOfDomain: [String: Int]
    var machinesOfImage: [String: Int]
    var cordon: Cordon?
}

extension ClaimBook {
    /// No client has this domain: it stands for all that have no network here.
    private static let newDomain = "0-no-client-has-this-domain"

    /// What is promised and what is left, at one moment.
    func outline() async throws -> ClaimOutline {
        try await database.read { db in
            let expected = try expected(except: nil, in: db)
            let domains = try addresses.networks(in: db).filter { $0.state == .wanted }.compactMap(\.domain)
            let free = try Set(domains).map {
                ($0, try addresses.standing(ofDomain: $0, expecting: expected, in: db).free)
            }
            return ClaimOutline(
                promised: try promised(except: nil, ofDomain: "", in: db).all,
                networks: Dictionary(uniqueKeysWithValues: free),
                freeForNewDomain: try addresses.standing(ofDomain: Self.newDomain, expecting: expected, in: db).free,
                machinesOfDomain: try machines(by: "domain", in: db),
                machinesOfImage: try machines(by: "image", in: db),
                cordon: try cordon(in: db)
            )
        }
    }

    /// Machines that hold resources and places that are kept for such, counted by a column of their claims.
    private func machines(by column: String, in db: Database) throws -> [String: Int] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT name, COUNT(*) AS count FROM (
                    SELECT \(column) AS name FROM machine JOIN claim ON claim.machine = id WHERE state IN (\(Self.marks))
                    UNION ALL SELECT \(column) FROM reservation WHERE boot = ? AND expires > ?
                ) GROUP BY name
                """
        )
        let arguments = StatementArguments(Self.holding) + [clock.boot, clock.now()]
        let rows = try Row.fetchAll(statement, arguments: arguments)
        return Dictionary(rows.map { ($0["name"] as String, $0["count"] as Int) }) { first, _ in first }
    }
}
