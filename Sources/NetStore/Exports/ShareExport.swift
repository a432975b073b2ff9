/// A directory that is exported over NFS to one guest.
public struct ShareExport: Sendable, Hashable, Codable {
    /// The export's id, 1…65535, one of those that the address plan reserves for us.
    public let id: Int
    /// The directory, an absolute path of the plant.
    public let path: String
    /// The only address that may mount it.
    public let client: IPv4Address

    /// Makes an export of a directory to an address.
    ///
    /// - Throws: ``NetStoreError`` `.invalid` for an id out of range or a path with other characters than letters,
    ///   digits and `._-`: it is written into configuration files.
    public init(id: Int, path: String, client: IPv4Address) throws(NetStoreError) {
        guard (1...65_535).contains(id) else {
            throw NetStoreError(.invalid, "export id \(id) is not in 1…65535")
        }
        try NameRules.checkPath(path)
        self.id = id
        self.path = path
        self.client = client
    }

    /// The export that belongs to a lease.
    public init(lease: GuestLease) throws(NetStoreError) {
        guard let client = IPv4Address(lease.address) else {
            throw NetStoreError(.invalid, "\(NameRules.quoted(lease.address)) is not an IPv4 address")
        }
        try self.init(id: lease.exportID, path: lease.share, client: client)
    }

    /// Where a guest finds its share on a server with a pseudo file system (``GaneshaExporter``).
    public var pseudoPath: String { "/vmshop/\(client)" }
}

/// An export that a server has.
public struct ListedExport: Sendable, Hashable, Codable {
    /// Its id; nil when the server has none (an entry of another's in the kernel's table).
    public var id: Int?
    /// The exported directory, or the path that clients see where the server tells only that.
    public var path: String
    /// The address that may mount it; nil where the server does not tell.
    public var client: IPv4Address?

    /// Makes one; exporters do.
    public init(id: Int?, path: String, client: IPv4Address? = nil) {
        self.id = id
        self.path = path
        self.client = client
    }
}

/// Exports shares to their guests and takes them back. Every call is idempotent.
public protocol ShareExporter: Sendable {
    /// Makes sure that the export is there, exactly as given. Also what restores it after a restart of the server.
    func add(_ export: ShareExport) async throws(NetStoreError)
    /// Makes sure that the export is gone: when this returns, the guest cannot reach the directory any more.
    func remove(_ export: ShareExport) async throws(NetStoreError)
    /// Makes sure that a listed export is gone: one of ours of which no book knows any more.
    func removeOrphan(_ orphan: ListedExport) async throws(NetStoreError)
    /// Makes sure that nothing is left of exports with other ids than these, which no book knows.
    func sweep(keeping ids: Set<Int>) async throws(NetStoreError)
    /// What the server exports of ours: exports in the exporter's range of ids or below its root.
    func list() async throws(NetStoreError) -> [ListedExport]
    /// The path that a guest mounts.
    func mountPath(of export: ShareExport) -> String
}

extension ShareExporter {
    /// For exporters that keep no files.
    public func sweep(keeping ids: Set<Int>) async throws(NetStoreError) {}

    /// For exporters that list nothing: there are no orphans.
    public func removeOrphan(_ orphan: ListedExport) async throws(NetStoreError) {
        throw NetStoreError(.unsupported, "this exporter cannot remove \(NameRules.quoted(orphan.path))")
    }
}
