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

    /// How many machines of one domain could get an address now.
    func free(forDomain domain: String, in db: Database) throws -> Int {
        try NameRules.checkDomain(domain)
        guard try !hasImported(in: db) else { return try importedFree(in: db).count }
        let network = try network(ofDomain: domain, in: db)
        if let network, network.state == .wanted {
            let used = try leased(in: network.subnet, in: db) + resting(in: network.subnet, in: db)
            return max(0, network.subnet.size - 3 - used)
        }
        // A network that is going makes place for the domain's next one.
        guard let subnet = try freeSubnet(without: network, in: db) else { return 0 }
        return try max(0, plan.guestsPerSubnet - resting(in: subnet.block, in: db))
    }

    /// Whether the domain uses a network already.
    func hasNetwork(forDomain domain: String, in db: Database) throws -> Bool {
        if let network = try network(ofDomain: domain, in: db) { return network.state == .wanted }
        let query = "SELECT EXISTS (SELECT 1 FROM netLease WHERE domain = ?)"
        return try Bool.fetchOne(db, sql: query, arguments: [domain]) ?? false
    }

    func network(ofDomain domain: String, in db: Database) throws -> GuestNetwork? {
        try Row.fetchOne(db, sql: "SELECT * FROM netNetwork WHERE domain = ?", arguments: [domain]).map(Self.network)
    }

    func makeNetwork(domain: String, avoiding taken: Set<String>, in db: Database) throws -> GuestNetwork {
        guard let subnet = try freeSubnet(avoiding: taken, in: db) else {
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

    /// The first subnet of the pool that touches no network of the book, whatever plan that was made by, and whose
    /// network's name nobody else has.
    private func freeSubnet(
        without going: GuestNetwork? = nil,
        avoiding taken: Set<String> = [],
        in db: Database
    ) throws -> (index: Int, block: IPv4Subnet)? {
        let networks = try networks(in: db).filter { $0.name != going?.name }
        let same = Set(networks.map(\.subnet))
        let others = networks.map(\.subnet).filter { $0.prefixLength != plan.subnetLength }
        let bridges = Set(networks.map(\.bridge))
        for index in 0..<plan.subnetCount {
            let block = plan.subnet(index)
            guard !same.contains(block), !bridges.contains("\(plan.bridgePrefix)\(index)") else { continue }
            guard !taken.contains(plan.networkName(index)) else { continue }
            if !others.contains(where: { $0.overlaps(block) }) { return (index, block) }
        }
        return nil
    }

    private func leased(in block: IPv4Subnet, in db: Database) throws -> Int {
        try Int.fetchOne(
            db,
            sql: "SELECT COUNT(*) FROM netLease WHERE address BETWEEN ? AND ?",
            arguments: [block.base.stored, block.last.stored]
        ) ?? 0
    }

    /// How many addresses of a block are in quarantine.
    private func resting(in block: IPv4Subnet, in db: Database) throws -> Int {
        try Int.fetchOne(
            db,
            sql: "SELECT COUNT(*) FROM netReleased WHERE address BETWEEN ? AND ? AND released > ?",
            arguments: [block.base.stored, block.last.stored, now() - plan.quarantine]
        ) ?? 0
    }
}
