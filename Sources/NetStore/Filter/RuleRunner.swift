public import NFTables

/// What carries out batches of packet filter commands: the kernel's own filter, or a stand-in for tests.
public protocol RuleRunner: Sendable {
    /// Carries out a batch, all or nothing, and answers with what it prints (JSON where asked).
    func run(_ commands: String, json: Bool) async throws(NFTablesError) -> String
    /// A number that is another one after each change, whoever made it; nil where there is none.
    func generation() async throws(NFTablesError) -> UInt32?
}

extension RuleRunner {
    /// For runners that cannot tell: nothing.
    public func generation() async throws(NFTablesError) -> UInt32? { nil }
}

extension NFTables: RuleRunner {}
