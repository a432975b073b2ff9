/// What a plant sends to those who listen: a notice, or that the one before still holds.
public enum BidWord: Sendable, Hashable {
    /// Something changed, or it is the first word.
    case notice(BidNotice)
    /// Nothing changed but the time; with the ticket that holds now.
    case same(ticket: String?)
}

/// On the wire a notice is itself; that nothing changed is an object with at most a ticket.
extension BidWord: Codable {
    private enum CodingKeys: String, CodingKey { case function, ticket }

    /// Reads a word.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard container.contains(.function) else {
            self = .same(ticket: try container.decodeIfPresent(String.self, forKey: .ticket))
            return
        }
        self = .notice(try BidNotice(from: decoder))
    }

    /// Writes a word.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .notice(let notice): try notice.encode(to: encoder)
        case .same(let ticket):
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(ticket, forKey: .ticket)
        }
    }
}

extension BidNotice {
    /// What is to be sent to somebody who was sent another notice last: only what that one did not say.
    ///
    /// - Parameter last: The notice before, whole; nothing for the first.
    /// - Returns: The word.
    public func word(after last: BidNotice?) -> BidWord {
        guard let last else { return .notice(self) }
        var news = self
        if images == last.images { news.images = nil }
        // Who was told that there are no images has forgotten the durations, and needs them again with the images.
        if durations == last.durations, last.images != nil || images == nil { news.durations = nil }
        let isSame = function.isSame(as: last.function) && news.images == nil && news.durations == nil
        return isSame ? .same(ticket: function.ticket) : .notice(news)
    }
}

extension BidFunction {
    /// Whether all is as it was but the ticket and the time that has gone by.
    func isSame(as other: BidFunction) -> Bool {
        var copy = self
        (copy.ticket, copy.secondsSinceLast) = (other.ticket, other.secondsSinceLast)
        return copy == other && (secondsSinceLast == nil) == (other.secondsSinceLast == nil)
    }
}
