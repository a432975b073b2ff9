public import GRDB

extension AddressBook {
    /// All networks, by name; those that are being removed too.
    public func networks() async throws(NetStoreError) -> [GuestNetwork] {
        try await read { db in try networks(in: db) }
    }

    /// Says that a network is to go, if no machine is on it. From then on nobody can check out an address of it.
    ///
    /// Three steps, so that a plant that dies between them knows where it was: this, then the hypervisor's network,
    /// then ``finishRemoval(network:)``.
    ///
    /// - Returns: Whether it is to go: false when machines are on it.
    public func beginRemoval(network name: String) async throws(NetStoreError) -> Bool {
        try await write { db in
            try db.execute(
                sql: """
                    UPDATE netNetwork SET state = 'removing'
                    WHERE name = ? AND NOT EXISTS (SELECT 1 FROM netLease WHERE network = netNetwork.name)
                    """,
                arguments: [name]
            )
            return db.changesCount == 1
        }
    }

    /// Forgets a network whose removal has begun and that is gone from the hypervisor. Idempotent.
    public func finishRemoval(network name: String) async throws(NetStoreError) {
        try await write { db in
            try db.execute(sql: "DELETE FROM netNetwork WHERE name = ? AND state = 'removing'", arguments: [name])
        }
    }

    /// ``free`` as part of a transaction of the caller's.
    public func free(in db: Database) throws -> Int {
        guard try !hasImported(in: db) else { return try importedFree(in: db).count }
        let resting = try resting(in: plan.pool, in: db)
        let ours = try leased(in: plan.pool, in: db)
        return max(0, plan.subnetCount * plan.guestsPerSubnet - ours - resting)
    }

    /// Whether the domain uses a network already.
    func hasNetwork(forDomain domain: String, in db: Database) throws -> Bool {
        if let network = try network(ofDomain: domain, in: db) { return network.state == .wanted }
        let query = "SELECT EXISTS (SELECT 1 FROM netLease WHERE domain = ?)"
        return try Bool.fetchOne(db.cachedStatement(sql: query), arguments: [domain]) ?? false
    }

    func network(ofDomain domain: String, in db: Database) throws -> GuestNetwork? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM netNetwork WHERE domain = ?")
        return try Row.fetchOne(statement, arguments: [domain]).map(Self.network)
    }

    func makeNetwork(domain: String, avoiding taken: Set<String>, in db: Database) throws -> GuestNetwork {
        guard let subnet = try freeSubnets(atMost: 1, avoiding: taken, in: db).first else {
            throw NetStoreError(.exhausted, "\(plan.pool) has no subnet left for domain \(domain)")
        }
        let network = GuestNetwork(
            name: plan.networkName(subnet.index),
            domain: domain,
            bridge: "\(plan.bridgePrefix)\(subnet.index)",
            subnet: subnet.block,
            gateway: IPv4Address(value: subnet.block.base.value + 1)
        )
        try insert(network, in: db)
        return network
    }

    func insert(_ network: GuestNetwork, in db: Database) throws {
        try db.execute(
            sql: "INSERT INTO netNetwork (name, domain, bridge, subnet, gateway, state) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                network.name, network.domain, network.bridge, network.subnet.description, network.gateway.stored,
                network.state.rawValue,
            ]
        )
    }

    /// The first subnets of the pool that touch no network of the book, whatever plan that was made by, and whose
    /// networks' names nobody else has.
    func freeSubnets(
        atMost count: Int,
        without going: GuestNetwork? = nil,
        avoiding taken: Set<String> = [],
        in db: Database
    ) throws -> [(index: Int, block: IPv4Subnet)] {
        let networks = try networks(in: db).filter { $0.name != going?.name }
        let same = Set(networks.map(\.subnet))
        let others = networks.map(\.subnet).filter { $0.prefixLength != plan.subnetLength }
        let bridges = Set(networks.map(\.bridge))
        let free = (0..<plan.subnetCount).lazy.map { (index: $0, block: plan.subnet($0)) }.filter { place in
            !same.contains(place.block) && !bridges.contains("\(plan.bridgePrefix)\(place.index)")
                && !taken.contains(plan.networkName(place.index))
                && !others.contains { $0.overlaps(place.block) }
        }
        return Array(free.prefix(count))
    }

    func leased(in block: IPv4Subnet, in db: Database) throws -> Int {
        try Int.fetchOne(
            db.cachedStatement(sql: "SELECT COUNT(*) FROM netLease WHERE address BETWEEN ? AND ?"),
            arguments: [block.base.stored, block.last.stored]
        ) ?? 0
    }

    /// How many addresses of a block are in quarantine.
    func resting(in block: IPv4Subnet, in db: Database) throws -> Int {
        try Int.fetchOne(
            db.cachedStatement(
                sql: "SELECT COUNT(*) FROM netReleased WHERE address BETWEEN ? AND ? AND released > ?"
            ),
            arguments: [block.base.stored, block.last.stored, now() - plan.quarantine]
        ) ?? 0
    }
}
