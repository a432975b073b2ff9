public import ClassAds

/// What a plant tells of itself so that a shop can say what it would bid: everything that a price depends on and that
/// changes often. Its images and what it has learned go beside it.
///
/// A shop that prices by it prices as the plant does, of what the plant was a moment ago: the plant has the last word when it
/// is told to make the machine.
public struct BidFunction: Sendable, Hashable, Codable {
    /// The plant.
    public var plant: String
    /// Whether it tells its images; a plant that has too many wants to be asked about each request.
    public var tellsImages = true
    /// Why it takes no machine at all, each a sentence of which the plant is the subject.
    public var refusals: [String]
    /// Why it takes no machine of a client domain, by domain.
    public var refusalsOfDomain: [String: String]
    /// What it may promise.
    public var capacity: PlantCapacity
    /// The most memory and processors of a single machine.
    public var largest: ResourceClaim?
    /// The only architecture that it runs; nothing for one that does not mind.
    public var architecture: String?
    /// What requests may require of it, by name.
    public var attributes: Attributes?
    /// What it has promised.
    public var promised: Commitments
    /// Addresses that are free for each client domain that has a network there.
    public var networks: [String: Int]
    /// Addresses that are free for a domain that has none; the same for all.
    public var freeForNewDomain: Int
    /// Machines of each client domain.
    public var machinesOfDomain: [String: Int]
    /// Machines of each image.
    public var machinesOfImage: [String: Int]
    /// The id of a bid that a creation of any machine may name: it is over some seconds later, so that a creation that was not
    /// answered and arrives late has no effect.
    public var ticket: String?
    /// Ids of machines that it was given in the last ``newestWindow`` and that are counted here, the newest first: who placed them
    /// need not count them as well, and a shop that does not know an id sees that somebody else has placed it.
    public var newest: [String] = []
    /// Seconds since it was given its last machine; nothing when it was given none since its start.
    public var secondsSinceLast: Double?
    /// What its owner asks for an hour of a machine.
    public var price: Double
    /// How many shops listen to this. Where there are several, each knows only what it has placed itself.
    public var listeners: Int

    /// For so long a machine that was given is among the newest: as long as an id looks young by a clock that is ten minutes ahead.
    public static let newestWindow = Duration.seconds(660)
    /// Of so many at once the older ones may be missing.
    public static let mostNewest = 256

    /// A plant of which nothing but its capacity is known.
    public init(plant: String, capacity: PlantCapacity) {
        self.plant = plant
        self.capacity = capacity
        refusals = []
        refusalsOfDomain = [:]
        promised = Commitments(machines: 0, reservations: 0, claim: .nothing)
        networks = [:]
        freeForNewDomain = 0
        machinesOfDomain = [:]
        machinesOfImage = [:]
        price = 0
        listeners = 1
    }
}

extension BidFunction {
    /// Adds a machine that was placed there and that the plant has not told of yet, or takes one away again.
    ///
    /// - Parameters:
    ///   - claim: What it takes.
    ///   - domain: Its client domain.
    ///   - image: Its image.
    ///   - count: 1 for one more, -1 for one less.
    public mutating func debit(_ claim: ResourceClaim, domain: String, image: String, count: Int = 1) {
        promised.machines += count
        promised.claim.memory += count * claim.memory
        promised.claim.cpus += count * claim.cpus
        promised.claim.disk += count * claim.disk
        machinesOfDomain[domain, default: 0] += count
        machinesOfImage[image, default: 0] += count
        networks[domain] = (networks[domain] ?? freeForNewDomain) - count
        if count > 0 { secondsSinceLast = 0 }
    }

    /// Every reason against a machine; none when the plant can take it.
    public func refusals(of plan: BidPlan, domain: String) -> [String] {
        refusals + [refusalsOfDomain[domain]].compactMap(\.self) + capacity.lacks(for: plan.claim, beside: promised)
            + (free(for: domain) > 0 ? [] : ["no address is free for domain \(domain)"])
            + [
                Self.excess(of: plan, over: largest), otherArchitecture(than: plan),
                plan.requirements?.lack(of: attributes ?? Attributes()),
            ].compactMap(\.self)
    }

    /// Whether there is no reason against a machine: ``refusals(of:domain:)`` without the words.
    public func takes(_ plan: BidPlan, domain: String) -> Bool {
        refusals.isEmpty && capacity.holds(plan.claim, beside: promised) && free(for: domain) > 0
            && refusalsOfDomain[domain] == nil && otherArchitecture(than: plan) == nil
            && plan.requirements?.matches(attributes ?? Attributes()) ?? true
            && largest.map { plan.claim.memory <= $0.memory && plan.claim.cpus <= $0.cpus } ?? true
    }

    /// The plant's state with the machine, as its prices depend on it.
    public func load(with plan: BidPlan, domain: String) -> PlantLoad {
        var load = PlantLoad(runningMachines: promised.machines, domainHasNetwork: networks[domain] != nil)
        load.fullness = capacity.fullness(with: plan.claim, beside: promised)
        load.machinesOfDomain = machinesOfDomain[domain] ?? 0
        load.machinesOfImage = machinesOfImage[plan.image] ?? 0
        load.secondsSinceLast = secondsSinceLast
        load.price = price
        return load
    }

    private func free(for domain: String) -> Int { networks[domain] ?? freeForNewDomain }

    private func otherArchitecture(than plan: BidPlan) -> String? {
        guard let architecture, architecture != plan.architecture else { return nil }
        return "its architecture is \(architecture), the machine's \(plan.architecture)"
    }

    private static func excess(of plan: BidPlan, over largest: ResourceClaim?) -> String? {
        guard let largest else { return nil }
        if plan.claim.cpus > largest.cpus {
            return "it has \(largest.cpus) processors, the machine wants \(plan.claim.cpus)"
        }
        return plan.claim.memory > largest.memory ? "it has less memory than the machine wants" : nil
    }
}

/// What a plant sends to those who listen to its bid function: the function, and what they may not know yet beside it.
public struct BidNotice: Sendable, Hashable, Codable {
    /// The function.
    public var function: BidFunction
    /// The images, where they changed since the notice before.
    public var images: BidImages?
    /// What it has learned, where that changed since the notice before.
    public var durations: BidDurations?

    /// A notice.
    public init(function: BidFunction, images: BidImages? = nil, durations: BidDurations? = nil) {
        self.function = function
        self.images = images
        self.durations = durations
    }
}
