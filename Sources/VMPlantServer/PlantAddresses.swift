import NetStore
import ServerSettings

/// The address book of a plant, for the command line: what is lent to whom, and the eight-field `ip.txt` of the first
/// VMShop in both directions. The plant may be running: every call is one transaction of its database.
public struct PlantAddresses: Sendable {
    private let book: AddressBook

    /// Opens the book of the plant with these settings.
    ///
    /// - Throws: What keeps the database from being opened.
    public init(_ settings: PlantSettings) throws {
        let database = try PlantDatabase.open(path: settings.databasePath)
        book = AddressBook(database: database, plan: try AddressPlan(settings))
    }

    /// Takes the addresses of an `ip.txt` as those that machines get from now on, with its bridges and directories.
    ///
    /// - Parameter path: The file: address, bridge, exported directory, COW directory, nfsd port, mountd port, server
    ///   port, and `unused` or who has it.
    /// - Throws: What keeps it from being read, or an error that names the line that is not understood.
    public func importIPFile(at path: String) async throws {
        try await book.importIPFile(AddressFile.text(of: path))
    }

    /// The imported addresses as an `ip.txt`; the last field says which machine has one.
    ///
    /// - Returns: The text of the file.
    /// - Throws: What keeps the book from being read.
    public func exportIPFile() async throws -> String { try await book.exportIPFile() }

    /// Who has which address.
    ///
    /// - Returns: The lent addresses, by machine.
    /// - Throws: What keeps the book from being read.
    public func lent() async throws -> [LentAddress] {
        try await book.leases().map { lease in
            LentAddress(
                machine: lease.machineID,
                domain: lease.domain,
                address: lease.address,
                mac: lease.mac,
                network: lease.network,
                share: lease.share
            )
        }
    }
}

extension AddressPlan {
    /// The plan of a plant with these settings.
    init(_ settings: PlantSettings) throws(NetStoreError) {
        try self.init(
            pool: settings.networkPool,
            bridgePrefix: settings.bridgePrefix,
            shareRoot: settings.shareRoot,
            quarantine: settings.quarantine
        )
    }
}

/// An address that a machine has.
public struct LentAddress: Sendable, Hashable, Codable {
    /// The name of the machine's domain.
    public var machine: String
    /// Its client domain.
    public var domain: String
    /// The address.
    public var address: String
    /// The Ethernet address that goes with it.
    public var mac: String
    /// The host-only network.
    public var network: String
    /// The script share.
    public var share: String
}
