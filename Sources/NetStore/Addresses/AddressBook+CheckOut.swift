public import GRDB

extension AddressBook {
    /// ``checkOut(machine:domain:avoiding:)`` as part of a transaction of the caller's.
    public func checkOut(
        machine: String,
        domain: String,
        avoiding taken: Set<String> = [],
        in db: Database
    ) throws -> GuestLease {
        try NameRules.checkMachine(machine)
        try NameRules.checkDomain(domain)
        if let lease = try lease(of: machine, in: db) {
            guard lease.domain == domain else {
                throw NetStoreError(.conflict, "machine \(machine) has an address in domain \(lease.domain) already")
            }
            return lease
        }
        try clampQuarantines(in: db)
        let place =
            try hasImported(in: db)
            ? importedPlace(machine, domain, in: db) : pooledPlace(machine, domain, avoiding: taken, in: db)
        guard place.network.state == .wanted else {
            throw NetStoreError(.busy, "network \(place.network.name) is being removed: try again when it is gone")
        }
        try insert(machine, domain, place, in: db)
        guard let lease = try lease(of: machine, in: db) else {
            throw NetStoreError(.database, "address book: the lease of \(machine) is not there after its insertion")
        }
        return lease
    }

    /// ``release(machine:)`` as part of a transaction of the caller's.
    @discardableResult
    public func release(machine: String, in db: Database) throws -> GuestLease? {
        guard let lease = try lease(of: machine, in: db) else { return nil }
        try db.execute(sql: "DELETE FROM netLease WHERE machineID = ?", arguments: [machine])
        try db.execute(
            sql: """
                INSERT INTO netReleased (address, released) VALUES (?, ?)
                ON CONFLICT (address) DO UPDATE SET released = excluded.released
                """,
            arguments: [IPv4Address(lease.address)?.stored, now()]
        )
        return lease
    }

    /// Passes what a machine was lent on to another, as part of a transaction of the caller's. Address, MAC, tap, share and
    /// export stay what they are.
    ///
    /// - Throws: ``NetStoreError`` `.notFound` when the one has nothing, `.conflict` when the other has something already.
    public func pass(from machine: String, to heir: String, in db: Database) throws {
        try NameRules.checkMachine(heir)
        guard try lease(of: heir, in: db) == nil else {
            throw NetStoreError(.conflict, "machine \(heir) has an address already")
        }
        let sql = "UPDATE netLease SET machineID = ? WHERE machineID = ?"
        try db.execute(sql: sql, arguments: [heir, machine])
        guard db.changesCount == 1 else {
            throw NetStoreError(.notFound, "machine \(machine) has no address to pass on")
        }
    }

    /// Where a machine is to live, before the row is written.
    struct Place {
        var network: GuestNetwork
        var address: IPv4Address
        var share: String
    }

    private func insert(_ machine: String, _ domain: String, _ place: Place, in db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO netLease (machineID, domain, network, address, mac, share, exportID, tap)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                machine, domain, place.network.name, place.address.stored, place.address.mac, place.share,
                try nextExportID(in: db), plan.tap(for: place.address),
            ]
        )
        try db.execute(sql: "DELETE FROM netReleased WHERE address = ?", arguments: [place.address.stored])
    }

    /// In a subnet of the pool that belongs to the domain alone.
    private func pooledPlace(
        _ machine: String,
        _ domain: String,
        avoiding taken: Set<String>,
        in db: Database
    ) throws -> Place {
        let network = try network(ofDomain: domain, in: db) ?? makeNetwork(domain: domain, avoiding: taken, in: db)
        let candidates = (network.subnet.base.value + 1..<network.subnet.last.value)
            .map { IPv4Address(value: $0) }
            .filter { $0 != network.gateway }
        guard let address = try pick(candidates, in: db) else {
            throw NetStoreError(.exhausted, "no address is free in \(network.subnet) of domain \(domain)")
        }
        return Place(network: network, address: address, share: plan.shareRoot + "/" + machine)
    }

    /// The address that is free and has been so for longest; of those never lent, the first.
    func pick(_ candidates: [IPv4Address], in db: Database) throws -> IPv4Address? {
        guard let low = candidates.min(), let high = candidates.max() else { return nil }
        let range: StatementArguments = [low.stored, high.stored]
        let taken = try Set(
            Int64.fetchAll(db, sql: "SELECT address FROM netLease WHERE address BETWEEN ? AND ?", arguments: range)
        )
        let rows = try Row.fetchAll(
            db,
            sql: "SELECT * FROM netReleased WHERE address BETWEEN ? AND ?",
            arguments: range
        )
        let released: [Int64: Double] = Dictionary(uniqueKeysWithValues: rows.map { ($0["address"], $0["released"]) })
        let rested = now() - plan.quarantine
        var best: (address: IPv4Address, released: Double)?
        for address in candidates where !taken.contains(address.stored) {
            let since = released[address.stored] ?? -.infinity
            guard since <= rested, best.map({ since < $0.released }) ?? true else { continue }
            // Only where leases of several pools meet can a free address have a MAC that is taken.
            guard try !isLent("mac", address.mac, in: db) else { continue }
            best = (address, since)
            if since == -.infinity { break }
        }
        return best?.address
    }

    private func isLent(_ column: String, _ value: some DatabaseValueConvertible, in db: Database) throws -> Bool {
        let query = "SELECT EXISTS (SELECT 1 FROM netLease WHERE \(column) = ?)"
        return try Bool.fetchOne(db, sql: query, arguments: [value]) ?? false
    }

    /// When the clock has been set back, a quarantine starts again instead of lasting until the old time returns.
    private func clampQuarantines(in db: Database) throws {
        let now = now()
        try db.execute(sql: "UPDATE netReleased SET released = ? WHERE released > ?", arguments: [now, now])
    }

    /// The next export id after the last one lent that nobody has: an id comes back as late as possible.
    private func nextExportID(in db: Database) throws -> Int {
        let range = plan.exportIDs
        let last = try Int.fetchOne(db, sql: "SELECT last FROM netExportCursor") ?? range.upperBound
        let start = range.contains(last) ? last - range.lowerBound + 1 : 0
        let ids = (0..<range.count).lazy.map { range.lowerBound + (start + $0) % range.count }
        guard let id = try ids.first(where: { try !isLent("exportID", $0, in: db) }) else {
            throw NetStoreError(.exhausted, "all \(range.count) export ids are in use")
        }
        try db.execute(
            sql:
                "INSERT INTO netExportCursor (one, last) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET last = excluded.last",
            arguments: [id]
        )
        return id
    }
}
