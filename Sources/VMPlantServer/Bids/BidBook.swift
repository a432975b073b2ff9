import CostModel
import ShopAPI

/// The bids a plant stands by. They bind in time only: a creation that names one arrives while it is valid, or is
/// refused. So a shop that got no answer in time knows, once the bid has expired, that a late creation has no effect.
actor BidBook {
    private struct Entry {
        /// Of the request that it is for; nothing for a ticket, which is for any, and for any number.
        var digest: String?
        var expires: ContinuousClock.Instant
        var taker: MachineID?
    }

    private var entries: [String: Entry] = [:]
    /// The machines that the plant was given lately, and when, in order.
    private var newest: [(machine: MachineID, time: ContinuousClock.Instant)] = []
    /// Before that nothing is looked through for what is over: a plant that is asked often has many bids.
    private var nextSweep = ContinuousClock.now

    private static let sweepInterval = Duration.seconds(1)
    /// The last ticket, and until when it is given out.
    private var ticket: (id: String, end: ContinuousClock.Instant)?

    /// Makes a bid's id, valid from now.
    func issue(for digest: String, lifetime: Duration) -> String {
        forgetExpired()
        let id = MachineID.new().text
        entries[id] = Entry(digest: digest, expires: .now + lifetime)
        return id
    }

    /// A bid for whatever request, valid for nearly as long as others.
    func ticket(lifetime: Duration) -> String {
        if let ticket, ticket.end > .now { return ticket.id }
        forgetExpired()
        let id = MachineID.new().text
        entries[id] = Entry(digest: nil, expires: .now + lifetime)
        ticket = (id, .now + min(Self.sweepInterval, lifetime / 8))
        return id
    }

    /// Takes a bid up for a machine. It can be taken up for one; a repetition of the same creation takes it up again.
    ///
    /// - Returns: The end of the bid, by when the machine must be in the book.
    /// - Throws: ``ServiceError`` with `bid.expired` when the bid is over, unknown, taken up or for another request.
    @discardableResult
    func take(_ id: String, for digest: String, by machine: MachineID) throws -> ContinuousClock.Instant {
        forgetExpired()
        guard let entry = entries[id], entry.expires > .now, entry.digest ?? digest == digest,
            entry.taker ?? machine == machine
        else {
            throw Self.over(id)
        }
        if entry.digest != nil { entries[id]?.taker = machine }
        return entry.expires
    }

    /// So many machines are remembered at least.
    private static let mostNewest = BidFunction.mostNewest

    /// Notes that the plant was given a machine, after its book has it.
    func note(_ machine: MachineID) {
        if newest.count >= 2 * Self.mostNewest { newest.removeFirst(Self.mostNewest) }
        newest.append((machine, .now))
        lastGiven = .now
    }

    /// Notes machines that the plant was given before its start, in their order: they count as new ones, but none is the last.
    func recall(_ machines: [MachineID]) {
        newest = machines.suffix(Self.mostNewest).map { ($0, .now) } + newest
    }

    private var lastGiven: ContinuousClock.Instant?

    /// How long ago the plant was given its last machine; nothing when there was none since its start.
    var sinceLastMachine: Duration? { lastGiven.map { .now - $0 } }

    /// The machines that the plant was given in the last so many seconds.
    func machines(ofLast duration: Duration) -> [MachineID] {
        let begin = ContinuousClock.now - duration
        return newest.reversed().prefix { $0.time >= begin }.map(\.machine)
    }

    /// The refusal of a bid that does not bind.
    static func over(_ id: String) -> ServiceError {
        ServiceError(
            .bidExpired,
            "the bid \(id) is over or taken up, or was for another request",
            hint: "ask for an estimate again"
        )
    }

    // Monotonic time: a clock that is set does not make a bid valid again.
    private func forgetExpired() {
        let now = ContinuousClock.now
        guard now >= nextSweep else { return }
        nextSweep = now + Self.sweepInterval
        entries = entries.filter { $0.value.expires > now }
    }
}

/// A bid that was taken up for a machine, and when it is over.
struct BidHold: Sendable, Hashable {
    var bid: String
    var end: ContinuousClock.Instant
}
