/// Where a warehouse's user keeps the index between two starts, so that a start need not read every manifest.
///
/// What is kept is a remark, not a truth: it may be lost at any time, and whoever reads it checks whether it belongs to this
/// warehouse. All calls come one after the other, from threads that may block.
public protocol CatalogueStore: Sendable {
    /// Everything that is kept: what ``save(_:)`` was given for its heading last, and the newest value of each key.
    ///
    /// - Parameter each: Told each value.
    /// - Returns: The heading; nothing when nothing is kept.
    /// - Throws: What keeps it from being read.
    func load(_ each: ([UInt8]) -> Void) throws -> [UInt8]?

    /// Keeps a change, all of it or nothing.
    ///
    /// - Throws: What keeps it from being written.
    func save(_ change: CatalogueChange) throws
}

/// What is to be kept of an index from now on.
public struct CatalogueChange: Sendable, Hashable {
    /// What it belongs to, and how far the log of changes was read.
    public let heading: [UInt8]
    /// The new values, by key; nothing for a key that is to go.
    public let values: [String: [UInt8]?]
    /// Whether everything that was kept before goes.
    public let isWhole: Bool

    /// A change.
    public init(heading: [UInt8], values: [String: [UInt8]?], isWhole: Bool) {
        self.heading = heading
        self.values = values
        self.isWhole = isWhole
    }
}
