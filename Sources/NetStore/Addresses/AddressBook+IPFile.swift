import GRDB

extension AddressBook {
    /// Takes over the addresses of an `ip.txt`: from then on they, with the bridges and exported directories of the
    /// file, are what is checked out, and no longer those of the pool.
    ///
    /// An address whose eighth field is not `unused` is kept, but lent to nobody, unless it is one of our leases.
    /// Importing again replaces the list. An empty list goes back to the pool.
    ///
    /// What an administrator has in an exported directory stays: each machine gets a directory of its own in it, named
    /// after the machine, and only that is made, exported and removed.
    ///
    /// - Throws: ``NetStoreError`` `.invalid` for a bad file, `.conflict` when an address that is lent is missing.
    public func importIPFile(_ text: String) async throws(NetStoreError) {
        let entries = try IPFile.parse(text)
        try checkReserved(entries)
        try await write { db in
            let gateways = try gateways(of: entries, beside: networks(in: db))
            try checkLent(against: entries, in: db)
            try db.execute(sql: "DELETE FROM netImported")
            for (position, entry) in entries.enumerated() {
                guard let address = IPv4Address(entry.address), let gateway = gateways[entry.bridge] else { continue }
                try insert(entry, address, gateway, at: position, in: db)
            }
        }
    }

    /// The list as an `ip.txt`: the first seven fields as they were, the eighth `unused`, what the file said, or
    /// `machine=…,domain=…,mac=…` for an address that we lent.
    public func exportIPFile() async throws(NetStoreError) -> String {
        try await read { db in
            let leases = try Dictionary(leases(in: db).map { ($0.address, $0) }) { first, _ in first }
            let rows = try Row.fetchAll(db, sql: "SELECT * FROM netImported ORDER BY position")
            return IPFile.text(
                of: rows.map { row in
                    var entry = Self.entry(row)
                    if let lease = leases[entry.address] { entry.usage = Self.usage(of: lease) }
                    return entry
                }
            )
        }
    }

    func hasImported(in db: Database) throws -> Bool {
        try Bool.fetchOne(db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM netImported)")) ?? false
    }

    /// An imported address: on a bridge that the domain uses already, else on one that nobody else uses, else on
    /// any. A file with one bridge for all, as they were, works; one with a bridge per domain isolates better.
    func importedPlace(_ machine: String, _ domain: String, in db: Database) throws -> Place {
        let free = try importedFree(in: db)
        let users = try bridgeUsers(in: db)
        let ranked: [[Row]] = [
            free.filter { users[$0["bridge"]]?.contains(domain) == true },
            free.filter { users[$0["bridge"]] == nil },
            free,
        ]
        for rows in ranked {
            let addresses = rows.map { Self.address($0["address"]) }
            guard let address = try pick(addresses, in: db) else { continue }
            guard let row = rows.first(where: { Self.address($0["address"]) == address }) else { continue }
            let directory: String = row["share"]
            return Place(network: try importedNetwork(row, in: db), address: address, share: directory + "/" + machine)
        }
        throw NetStoreError(.exhausted, "no address of the imported ip.txt is free")
    }

    /// The imported addresses that could be lent now.
    func importedFree(in db: Database) throws -> [Row] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM netImported i WHERE usage = ?
                AND NOT EXISTS (SELECT 1 FROM netLease l WHERE l.address = i.address)
                AND NOT EXISTS (SELECT 1 FROM netReleased r WHERE r.address = i.address AND r.released > ?)
                ORDER BY position
                """,
            arguments: [IPFileEntry.unused, now() - plan.quarantine]
        )
    }

    private func bridgeUsers(in db: Database) throws -> [String: Set<String>] {
        var users: [String: Set<String>] = [:]
        for lease in try leases(in: db) { users[lease.bridge, default: []].insert(lease.domain) }
        return users
    }

    private func importedNetwork(_ row: Row, in db: Database) throws -> GuestNetwork {
        let bridge: String = row["bridge"]
        let found = try Row.fetchOne(db, sql: "SELECT * FROM netNetwork WHERE bridge = ?", arguments: [bridge])
        if let found { return try Self.network(found) }
        let text: String = row["subnet"]
        guard let subnet = IPv4Subnet(text) else { throw NetStoreError(.database, "'\(text)' is not a subnet") }
        let network = GuestNetwork(
            name: "\(plan.networkPrefix)-file-\(bridge)",
            domain: nil,
            bridge: bridge,
            subnet: subnet,
            gateway: Self.address(row["gateway"])
        )
        try insert(network, in: db)
        return network
    }

    /// The plant's own address on each bridge of a file, which has no field for it: the one that the bridge has
    /// already, else the first of the subnet, or the last one where the file gives the first to a guest (as the
    /// published sample does).
    private func gateways(
        of entries: [IPFileEntry],
        beside networks: [GuestNetwork]
    ) throws -> [String: (subnet: IPv4Subnet, address: IPv4Address)] {
        let hosts = Set(entries.compactMap { IPv4Address($0.address) })
        var gateways: [String: (subnet: IPv4Subnet, address: IPv4Address)] = [:]
        for entry in entries {
            guard let address = IPv4Address(entry.address) else { continue }
            let subnet = IPv4Subnet(containing: address, prefixLength: plan.importedLength)
            try check(entry, address, subnet, against: gateways.mapValues(\.subnet))
            guard gateways[entry.bridge] == nil else { continue }
            let first = IPv4Address(value: subnet.base.value + 1)
            let candidates = (subnet.base.value + 1..<subnet.last.value).lazy.map { IPv4Address(value: $0) }
            let present = try network(on: entry.bridge, subnet, among: networks)
            let free = hosts.contains(first) ? candidates.last { !hosts.contains($0) } : first
            guard let gateway = present?.gateway ?? free, !hosts.contains(gateway) else {
                throw NetStoreError(.invalid, "ip.txt: \(subnet) has no address left for the plant itself")
            }
            gateways[entry.bridge] = (subnet, gateway)
        }
        return gateways
    }

    /// The network that a bridge of the file has already; a network that contradicts the file is a conflict.
    private func network(
        on bridge: String,
        _ subnet: IPv4Subnet,
        among networks: [GuestNetwork]
    ) throws -> GuestNetwork? {
        let present = networks.first { $0.bridge == bridge }
        let others = networks.filter { $0.bridge == bridge ? $0.subnet != subnet : $0.subnet.overlaps(subnet) }
        if let other = others.first {
            throw NetStoreError(
                .conflict,
                "ip.txt: \(subnet) on \(bridge) contradicts network \(other.name): \(other.subnet) on \(other.bridge)"
            )
        }
        return present
    }

    private func check(
        _ entry: IPFileEntry,
        _ address: IPv4Address,
        _ subnet: IPv4Subnet,
        against seen: [String: IPv4Subnet]
    ) throws {
        guard subnet.hasHost(address) else {
            throw NetStoreError(.invalid, "ip.txt: \(address) is not a host's address in \(subnet)")
        }
        if let other = seen[entry.bridge], other != subnet {
            throw NetStoreError(.invalid, "ip.txt: bridge \(entry.bridge) has addresses of \(other) and of \(subnet)")
        }
        if let other = seen.first(where: { $0.key != entry.bridge && $0.value == subnet }) {
            throw NetStoreError(.invalid, "ip.txt: \(subnet) is on bridge \(other.key) and on \(entry.bridge)")
        }
    }

    private func checkReserved(_ entries: [IPFileEntry]) throws(NetStoreError) {
        for entry in entries {
            let clash = plan.reservedDirectories.first {
                NameRules.isWithin(entry.share, $0) || NameRules.isWithin($0, entry.share)
            }
            guard let clash else { continue }
            throw NetStoreError(.invalid, "ip.txt: \(entry.share) is, or is around or in, the plant's own \(clash)")
        }
    }

    private func checkLent(against entries: [IPFileEntry], in db: Database) throws {
        let kept = Set(entries.map { [$0.address, $0.bridge, $0.share] })
        let query = "SELECT l.machineID FROM netLease l JOIN netImported i ON i.address = l.address"
        for machine in try String.fetchAll(db, sql: query) {
            guard let lease = try lease(of: machine, in: db) else { continue }
            let directory = lease.share.dropLast(machine.count + 1)
            guard kept.contains([lease.address, lease.bridge, String(directory)]) else {
                throw NetStoreError(
                    .conflict,
                    "ip.txt: \(lease.address) on \(lease.bridge) is lent to machine \(machine): keep its line"
                )
            }
        }
    }

    private func insert(
        _ entry: IPFileEntry,
        _ address: IPv4Address,
        _ gateway: (subnet: IPv4Subnet, address: IPv4Address),
        at position: Int,
        in db: Database
    ) throws {
        let ours = try leases(in: db).contains { $0.address == entry.address && Self.usage(of: $0) == entry.usage }
        try db.execute(
            sql: "INSERT INTO netImported VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                position, address.stored, entry.bridge, entry.share, entry.copyOnWrite, entry.nfsPort,
                entry.mountPort, entry.serverPort, ours ? IPFileEntry.unused : entry.usage,
                gateway.subnet.description, gateway.address.stored,
            ]
        )
    }

    private static func usage(of lease: GuestLease) -> String {
        "machine=\(lease.machineID),domain=\(lease.domain),mac=\(lease.mac)"
    }

    private static func entry(_ row: Row) -> IPFileEntry {
        IPFileEntry(
            address: address(row["address"]).description,
            bridge: row["bridge"],
            share: row["share"],
            copyOnWrite: row["copyOnWrite"],
            nfsPort: row["nfsPort"],
            mountPort: row["mountPort"],
            serverPort: row["serverPort"],
            usage: row["usage"]
        )
    }
}
