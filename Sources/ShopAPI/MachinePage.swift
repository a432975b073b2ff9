public import ClassAds

/// Which machines a list is to have, and how many at a time.
public struct MachinePage: Sendable, Hashable {
    /// The condition; all machines when it is `nil`.
    public var query: Query?
    /// Whether failed and collected machines are listed too.
    public var includeGone: Bool
    /// Only machines with ids after this one.
    public var after: MachineID?
    /// No more machines than this. A page that has less is the last.
    public var limit: Int

    /// Makes a page; without an id to go on from it is the first.
    public init(matching query: Query? = nil, includeGone: Bool = false, after: MachineID? = nil, limit: Int = .max) {
        self.query = query
        self.includeGone = includeGone
        self.after = after
        self.limit = limit
    }

    /// How many machines are asked for at a time by whoever wants all.
    public static let usualLimit = 500

    /// The machines of the page, out of all that match.
    public func cut(_ machines: [Machine]) -> [Machine] {
        guard let after else { return Array(machines.prefix(limit)) }
        return Array(machines.drop { $0.id <= after }.prefix(limit))
    }
}

extension MachineService {
    /// A page of the machines that match a query, in the order of their ids.
    ///
    /// - Throws: ``ServiceError`` when the book cannot be read.
    public func page(_ page: MachinePage) async throws -> [Machine] {
        page.cut(try await machines(matching: page.query, includeGone: page.includeGone))
    }
}
