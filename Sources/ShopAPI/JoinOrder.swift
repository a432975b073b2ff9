/// What a plant says that wants to be in a shop's list.
public struct JoinOrder: Sendable, Hashable, Codable {
    /// Where the shop reaches it.
    public var url: String
    /// The secret that the shop's plants share with it.
    public var key: String

    /// An order.
    public init(url: String, key: String) {
        self.url = url
        self.key = key
    }
}
