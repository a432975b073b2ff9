import GRDB

extension AddressBook {
    /// The network of a name, nil when the book has none.
    public func network(named name: String) async throws(NetStoreError) -> GuestNetwork? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM netNetwork WHERE name = ?", arguments: [name]).map(Self.network)
        }
    }

    /// The network that belongs to a client domain alone; nil when it has none, or only bridges of an `ip.txt`.
    public func network(ofDomain domain: String) async throws(NetStoreError) -> GuestNetwork? {
        try await read { db in try network(ofDomain: domain, in: db) }
    }

    /// The leases on a network, by machine id.
    public func leases(onNetwork name: String) async throws(NetStoreError) -> [GuestLease] {
        try await read { db in
            let query = Self.leaseQuery + " WHERE l.network = ? ORDER BY l.machineID"
            return try Row.fetchAll(db, sql: query, arguments: [name]).map(Self.lease)
        }
    }
}
