public import GRDB

extension AddressBook {
    /// What a machine has been lent, within a transaction of the caller's.
    public func lease(of machine: String, in db: Database) throws -> GuestLease? {
        try Row.fetchOne(db, sql: Self.leaseQuery + " WHERE l.machineID = ?", arguments: [machine]).map(Self.lease)
    }

    /// All leases by machine id, within a transaction of the caller's.
    public func leases(in db: Database) throws -> [GuestLease] {
        try Row.fetchAll(db, sql: Self.leaseQuery + " ORDER BY l.machineID").map(Self.lease)
    }

    /// All networks by name, within a transaction of the caller's.
    public func networks(in db: Database) throws -> [GuestNetwork] {
        try Row.fetchAll(db, sql: "SELECT * FROM netNetwork ORDER BY name").map(Self.network)
    }

    static let leaseQuery = """
        SELECT l.*, n.bridge, n.subnet, n.gateway FROM netLease l JOIN netNetwork n ON n.name = l.network
        """

    static func lease(_ row: Row) throws -> GuestLease {
        GuestLease(
            machineID: row["machineID"],
            domain: row["domain"],
            network: row["network"],
            bridge: row["bridge"],
            address: address(row["address"]).description,
            mac: row["mac"],
            gateway: address(row["gateway"]).description,
            prefixLength: try subnet(row).prefixLength,
            share: row["share"],
            exportID: row["exportID"],
            tap: row["tap"]
        )
    }

    static func network(_ row: Row) throws -> GuestNetwork {
        let text: String = row["state"]
        guard let state = GuestNetwork.State(rawValue: text) else {
            throw NetStoreError(.database, "address book: network state '\(text)' is unknown")
        }
        return GuestNetwork(
            name: row["name"],
            domain: row["domain"],
            bridge: row["bridge"],
            subnet: try subnet(row),
            gateway: address(row["gateway"]),
            state: state
        )
    }

    private static func subnet(_ row: Row) throws -> IPv4Subnet {
        let text: String = row["subnet"]
        guard let subnet = IPv4Subnet(text) else {
            throw NetStoreError(.database, "address book: '\(text)' is not a subnet")
        }
        return subnet
    }

    static func address(_ number: Int64) -> IPv4Address {
        IPv4Address(value: UInt32(truncatingIfNeeded: number))
    }
}

extension IPv4Address {
    /// The address as the book stores it.
    var stored: Int64 { Int64(value) }
}
