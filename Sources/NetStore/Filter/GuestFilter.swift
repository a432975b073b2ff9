import NFTables

/// Keeps every guest to its own MAC and address, and to the plant's NFS and DHCP: an nft table of the bridge family.
///
/// It fails closed: a tap whose name starts with the plan's prefix and that nobody admitted gets nothing through.
/// So admit before the machine starts, and expel after it is gone.
public actor GuestFilter {
    private let rules: FilterRules
    private let runner: any RuleRunner
    private let wanted: @Sendable () async throws -> [GuestLease]
    /// The rules as the kernel printed them after they were made; empty when they were gone at once.
    private var made: String?
    /// The filter's generation when the rules were last found to be so.
    private var seen: UInt32?
    private var isHeld = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Describes a filter; nothing is changed yet.
    ///
    /// - Parameters:
    ///   - table: The name of the nft table, one for each plant of a network namespace.
    ///   - tapPrefix: The start of the names of the taps that it holds; the address plan's.
    ///   - runner: What carries the commands out.
    ///   - wanted: Whom to admit when the whole table is made: the address book's leases, normally.
    /// - Throws: ``NetStoreError`` `.invalid` for a bad table name or prefix.
    public init(
        table: String = "vmshop",
        tapPrefix: String = "vmst",
        runner: any RuleRunner,
        wanted: @escaping @Sendable () async throws -> [GuestLease]
    ) throws(NetStoreError) {
        self.rules = try FilterRules(table: table, tapPrefix: tapPrefix)
        self.runner = runner
        self.wanted = wanted
    }

    /// The filter of a plant: its leases are those of its address book.
    public init(table: String = "vmshop", book: AddressBook, runner: any RuleRunner) throws(NetStoreError) {
        try self.init(table: table, tapPrefix: book.plan.tapPrefix, runner: runner) { try await book.leases() }
    }

    /// Makes the table what it should be, with everyone who is wanted in it and nobody else: at start, and as often
    /// as somebody may have flushed it. One transaction, so at no time is a guest unfiltered.
    public func ensureTable() async throws(NetStoreError) {
        try await exclusively { () async throws(NetStoreError) in try await self.replace(with: nil) }
    }

    /// Lets a guest speak: before its machine starts. Where the table is missing it is made.
    public func admit(_ lease: GuestLease) async throws(NetStoreError) {
        let guest = try FilteredGuest(lease: lease)
        guard guest.tap.hasPrefix(rules.tapPrefix) else {
            throw NetStoreError(
                .invalid,
                "tap \(guest.tap) does not start with \(rules.tapPrefix): nothing would hold it"
            )
        }
        try await exclusively { () async throws(NetStoreError) in
            do throws(NFTablesError) {
                _ = try await self.runner.run(self.rules.admission(guest), json: false)
            } catch {
                guard error.isNotFound else { throw Self.wrapped(error) }
                try await self.replace(with: guest)
            }
        }
    }

    /// Lets a guest speak no longer. One that was not admitted is done.
    public func expel(_ lease: GuestLease) async throws(NetStoreError) {
        let guest = try FilteredGuest(lease: lease)
        try await exclusively { () async throws(NetStoreError) in
            do throws(NFTablesError) {
                _ = try await self.runner.run(self.rules.expulsion(guest), json: false)
            } catch {
                guard error.isNotFound else { throw Self.wrapped(error) }
            }
        }
    }

    /// Who is admitted, by tap; nil when there is no table.
    public func list() async throws(NetStoreError) -> [FilteredGuest]? {
        let listing: String
        do throws(NFTablesError) {
            listing = try await runner.run(rules.listing, json: true)
        } catch {
            guard error.isNotFound else { throw Self.wrapped(error) }
            return nil
        }
        return try FilterListing.parse(listing)
    }

    /// Whether the rules are as they were made: cheap enough to be asked twice a second, since they are read only after
    /// somebody, perhaps this filter, changed anything.
    ///
    /// - Returns: False when somebody flushed, removed or changed the table; true also while it has not been made.
    public func isIntact() async throws(NetStoreError) -> Bool {
        guard made != nil else { return true }
        let generation: UInt32?
        do throws(NFTablesError) { generation = try await runner.generation() } catch { throw Self.wrapped(error) }
        if let generation, generation == seen { return true }
        let text = try await ruleText() ?? ""
        let isSame = made.map { $0 == text && !text.isEmpty } ?? true
        // The number was asked for first: what changes from then on has another one.
        if isSame { seen = generation }
        return isSame
    }

    /// Removes the whole table: for a plant that is being taken away. Its guests are unfiltered from then on.
    public func removeTable() async throws(NetStoreError) {
        try await exclusively { () async throws(NetStoreError) in
            self.made = nil
            do throws(NFTablesError) {
                _ = try await self.runner.run(self.rules.removal, json: false)
            } catch {
                throw Self.wrapped(error)
            }
        }
    }

    /// One change after the other, also over the waits within a change: a lease that enters the book while the
    /// whole table is made is either in what was read, or admitted afterwards.
    private func exclusively(_ body: () async throws(NetStoreError) -> Void) async throws(NetStoreError) {
        if isHeld {
            await withCheckedContinuation { waiting.append($0) }
        }
        isHeld = true
        defer {
            if waiting.isEmpty { isHeld = false } else { waiting.removeFirst().resume() }
        }
        try await body()
    }

    private func replace(with guest: FilteredGuest?) async throws(NetStoreError) {
        let leases: [GuestLease]
        do {
            leases = try await wanted()
        } catch {
            throw (error as? NetStoreError)
                ?? NetStoreError(.failed, "guest filter: whom to admit is unknown: \(error)")
        }
        var guests = guest.map { [$0] } ?? []
        for lease in leases { guests.append(try FilteredGuest(lease: lease)) }
        do throws(NFTablesError) {
            _ = try await runner.run(rules.replacement(Array(Set(guests))), json: false)
        } catch {
            throw Self.wrapped(error)
        }
        made = try await ruleText() ?? ""
    }

    /// The rules as the kernel prints them; nil when there is no table.
    private func ruleText() async throws(NetStoreError) -> String? {
        do throws(NFTablesError) {
            return FilterRules.withoutElements(try await runner.run(rules.wholeListing, json: false))
        } catch {
            guard error.isNotFound else { throw Self.wrapped(error) }
            return nil
        }
    }

    private static func wrapped(_ error: NFTablesError) -> NetStoreError {
        let advice = error.isNotPermitted ? ": the plant needs CAP_NET_ADMIN" : ""
        return NetStoreError(error.isNotPermitted ? .refused : .failed, "guest filter: \(error)\(advice)")
    }
}
