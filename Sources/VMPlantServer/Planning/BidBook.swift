import ShopAPI

/// The bids a plant stands by. They bind in time only: a creation that names one arrives while it is valid, or is
/// refused. So a shop that got no answer in time knows, once the bid has expired, that a late creation has no effect.
actor BidBook {
    private struct Entry {
        var digest: String
        var expires: ContinuousClock.Instant
    }

    private var entries: [String: Entry] = [:]

    /// Makes a bid's id, valid from now.
    func issue(for digest: String, lifetime: Duration) -> String {
        forgetExpired()
        let id = MachineID.new().text
        entries[id] = Entry(digest: digest, expires: .now + lifetime)
        return id
    }

    /// Takes a bid up. It can be taken up once.
    ///
    /// - Throws: ``ServiceError`` with `bid.expired` when the bid is over, unknown or for another request.
    func take(_ id: String, for digest: String) throws {
        forgetExpired()
        guard let entry = entries[id], entry.digest == digest else {
            throw ServiceError(.bidExpired, "the bid \(id) is over, or was for another request", hint: "ask for an estimate again")
        }
        entries[id] = nil
    }

    // Monotonic time: a clock that is set does not make a bid valid again.
    private func forgetExpired() {
        let now = ContinuousClock.now
        entries = entries.filter { $0.value.expires > now }
    }
}
