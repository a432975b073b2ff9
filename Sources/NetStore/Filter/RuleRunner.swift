public import NFTables

/// What carries out batches of packet filter commands: the kernel's own filter, or a stand-in for tests.
public protocol RuleRunner: Sendable {
    /// Carries out a batch, all or nothing, and answers with what it prints (JSON where asked).
    func run(_ commands: String, json: Bool) async throws(NFTablesError) -> String
}

extension NFTables: RuleRunner {}
