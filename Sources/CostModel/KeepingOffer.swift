/// An image that a plant could keep by itself: what has been done to a machine so far, for later machines to start from.
///
/// It is worth what it is expected to save: the seconds that the steps take, times how often they were asked for lately, for
/// the bytes that it takes. (VMPlants keep machines for the graphs that come again; how often is enough is ours to say.)
public struct KeepingOffer: Sendable, Hashable {
    /// Seconds that a machine which starts from it saves.
    public var seconds: Double
    /// How often its steps were run lately, old runs counting less: that of its steps which was run least.
    public var demand: Double
    /// Bytes that it takes.
    public var bytes: Int

    /// An offer.
    public init(seconds: Double, demand: Double, bytes: Int) {
        self.seconds = seconds
        self.demand = demand
        self.bytes = bytes
    }

    /// What was asked for once may never be asked for again.
    public static let leastDemand = 1.5
    /// Seconds that an image must save in all, for each GiB that it takes.
    public static let leastSecondsPerGiB = 10.0
    /// Seconds that it must save in all, however small it is.
    public static let leastSeconds = 1.0

    /// An image that the plant kept by itself before.
    public struct Kept: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// What it is worth today.
        public var offer: KeepingOffer
        /// Whether a machine or another image stands on it: then it stays.
        public var isNeeded: Bool

        /// An image.
        public init(name: String, offer: KeepingOffer, isNeeded: Bool) {
            self.name = name
            self.offer = offer
            self.isNeeded = isNeeded
        }
    }

    /// What is to become of an offer.
    public enum Verdict: Sendable, Hashable {
        /// It is kept, for this reason, in the place of images that are worth less.
        case keep(String, insteadOf: [String])
        /// It is not, for this reason.
        case leave(String)
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - budget: Bytes that all images may take that the plant keeps by itself; none are kept with 0.
    ///   - kept: The images that it keeps already.
    /// - Returns: The verdict, with its reason.
    public func verdict(budget: Int, kept: [Kept]) -> Verdict {
        guard budget > 0 else { return .leave("this plant keeps no images by itself") }
        let saving = seconds * demand
        let figures = "its steps take \(seconds.tenths) s and were run \(demand.tenths) times lately"
        guard demand >= Self.leastDemand, saving >= Self.leastSeconds,
            saving >= Self.leastSecondsPerGiB * Double(bytes) / Double(1 << 30)
        else { return .leave(figures) }
        guard let gone = makingRoom(within: budget, kept) else {
            return .leave("\(figures), but the images that the plant keeps by itself take all the room they may")
        }
        return .keep(figures, insteadOf: gone)
    }

    /// Seconds saved for each byte.
    private var worth: Double { seconds * demand / Double(max(bytes, 1)) }

    /// What goes so that this one fits: what is worth less for its bytes, the least first.
    ///
    /// - Returns: The names; nothing when it does not fit even so.
    private func makingRoom(within budget: Int, _ kept: [Kept]) -> [String]? {
        var taken = kept.reduce(0) { $0.addingReportingOverflow($1.offer.bytes).partialValue }
        guard taken >= 0, bytes <= budget else { return nil }
        var gone: [String] = []
        let candidates = kept.filter { !$0.isNeeded && !($0.offer.worth >= worth) }
        for image in candidates.sorted(by: { ($0.offer.worth, $0.name) < ($1.offer.worth, $1.name) }) {
            guard taken > budget - bytes else { break }
            taken -= image.offer.bytes
            gone.append(image.name)
        }
        return taken <= budget - bytes ? gone : nil
    }
}

extension Double {
    fileprivate var tenths: String {
        guard isFinite, abs(self) < 1e12 else { return "\(self)" }
        return String((self * 10).rounded() / 10)
    }
}
