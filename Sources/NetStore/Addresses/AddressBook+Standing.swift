public import GRDB

extension AddressBook {
    /// How a domain stands here: what an estimate asks.
    ///
    /// - Throws: ``NetStoreError`` when that can be no domain, or the book cannot be read.
    public func standing(ofDomain domain: String) async throws(NetStoreError) -> DomainStanding {
        try await read { db in try standing(ofDomain: domain, expecting: [], in: db) }
    }

    /// How a domain stands here once those who were promised an address have theirs.
    ///
    /// - Parameters:
    ///   - domain: The domain.
    ///   - expected: Machines of any domain that were promised one. Those that have it already count once.
    ///   - db: The transaction that this is part of.
    /// - Returns: What is left for the domain.
    /// - Throws: ``NetStoreError`` when that can be no domain; what SQLite says.
    public func standing(
        ofDomain domain: String,
        expecting expected: [ExpectedGuest],
        in db: Database
    ) throws -> DomainStanding {
        let waiting = try expected.filter { try lease(of: $0.machine, in: db) == nil }
        return DomainStanding(
            free: try free(forDomain: domain, expecting: waiting, in: db),
            hasNetwork: try hasNetwork(forDomain: domain, in: db)
        )
    }

    /// How many machines of one domain could get an address when all that wait for one have theirs.
    private func free(forDomain domain: String, expecting waiting: [ExpectedGuest], in db: Database) throws -> Int {
        try NameRules.checkDomain(domain)
        guard try !hasImported(in: db) else { return try max(0, importedFree(in: db).count - waiting.count) }
        let own = waiting.count { $0.domain == domain }
        let network = try network(ofDomain: domain, in: db)
        if let network, network.state == .wanted {
            let used = try leased(in: network.subnet, in: db) + resting(in: network.subnet, in: db)
            return max(0, network.subnet.size - 3 - used - own)
        }
        // Each of the other domains that wait for a network takes one subnet. One that is going makes place for the
        // domain's next one.
        let others = try Set(waiting.map(\.domain)).filter { try $0 != domain && !hasNetwork(forDomain: $0, in: db) }
        let subnets = try freeSubnets(atMost: others.count + 1, without: network, in: db)
        guard subnets.count > others.count, let last = subnets.last else { return 0 }
        return try max(0, plan.guestsPerSubnet - resting(in: last.block, in: db) - own)
    }
}
