public import FoundationEssentials

/// That a machine stands on an image.
public struct ImageUse: Sendable, Hashable {
    /// The machine.
    public let machine: String
    /// The image's name.
    public let image: String
    /// The version's digest; nothing when it is not known, which counts as a use of all versions.
    public let digest: String?

    /// A use.
    public init(machine: String, image: String, digest: String?) {
        self.machine = machine
        self.image = image
        self.digest = digest
    }
}

/// What may go although its name still means it: images that no installer published.
public struct GarbagePolicy: Sendable, Hashable {
    /// Seconds without use after which an image that a plant kept by itself goes.
    public var automaticAge: Double
    /// Whether images that requests asked for go likewise.
    public var includesCheckpoints: Bool
    /// The most bytes that such images may take together; those longest unused go until they fit. Nothing for no limit.
    public var budget: Int?

    /// A policy.
    public init(automaticAge: Double = 30 * 86_400, includesCheckpoints: Bool = false, budget: Int? = nil) {
        self.automaticAge = automaticAge
        self.includesCheckpoints = includesCheckpoints
        self.budget = budget
    }

    func concerns(_ version: ImageVersion) -> Bool {
        switch version.manifest.origin {
        case .automatic: true
        case .checkpoint: self.includesCheckpoints
        case .installer, .machine, .warm, nil: false
        }
    }
}

/// What is to go and what stays, each with its reason: a value, so that it can be shown before anything is done.
public struct GarbagePlan: Sendable, Hashable {
    /// What becomes of one version.
    public struct Decision: Sendable, Hashable {
        /// The version.
        public let version: ImageVersion
        /// Whether it goes.
        public let isRemoved: Bool
        /// Why.
        public let reason: String
    }

    /// The decisions: what goes, in the order in which it goes, then what stays.
    public private(set) var decisions: [Decision] = []

    /// The bytes that are freed.
    public var freedBytes: Int { self.decisions.filter(\.isRemoved).reduce(0) { $0 + $1.version.bytes } }

    /// Decides: what nothing stands on goes if it was replaced, or if the policy lets it go; the longest unused first.
    ///
    /// - Parameters:
    ///   - versions: all versions there are.
    ///   - uses: the machines that there are.
    ///   - policy: what may go although its name means it.
    ///   - now: the time.
    public init(_ versions: [ImageVersion], uses: [ImageUse], policy: GarbagePolicy, now: Date) {
        var left = versions.sorted { ($0.lastUse, $0.manifest.name) < ($1.lastUse, $1.manifest.name) }
        var bytes = left.filter(policy.concerns).reduce(0) { $0 + $1.bytes }
        // What goes may have been the last that stood on something else: look again until nothing more goes.
        while let (place, reason) = Self.next(left, uses, policy, now, bytes) {
            let version = left.remove(at: place)
            if policy.concerns(version) { bytes -= version.bytes }
            self.decisions.append(Decision(version: version, isRemoved: true, reason: reason))
        }
        for version in left {
            let reason = Self.hold(on: version, left, uses) ?? "\(version.manifest.name) means it"
            self.decisions.append(Decision(version: version, isRemoved: false, reason: reason))
        }
    }

    private static func next(
        _ left: [ImageVersion],
        _ uses: [ImageUse],
        _ policy: GarbagePolicy,
        _ now: Date,
        _ bytes: Int
    ) -> (Int, String)? {
        for (place, version) in left.enumerated() where self.hold(on: version, left, uses) == nil {
            if !version.isCurrent { return (place, "a newer version has its name, and nothing stands on it") }
            guard policy.concerns(version) else { continue }
            let age = now.timeIntervalSince(version.lastUse)
            if age >= policy.automaticAge {
                return (place, "nobody published it, and it was not used for \(Self.days(age))")
            }
            if let budget = policy.budget, bytes > budget {
                return (
                    place,
                    "nobody published it, it is the longest unused, and such images take more than \(budget) bytes"
                )
            }
        }
        return nil
    }

    /// What stands on a version.
    private static func hold(on version: ImageVersion, _ left: [ImageVersion], _ uses: [ImageUse]) -> String? {
        let (name, digest) = (version.manifest.name, version.manifest.contentDigest)
        let known = uses.filter { $0.image == name && ($0.digest ?? digest) == digest }.map(\.machine)
        let machines = known + version.holders.besides(known).map(\.description)
        let images = left.filter { $0.standsOn.contains(version.reference) }.map(\.reference.description)
        let holders = machines.sorted() + images.sorted()
        guard !holders.isEmpty else { return nil }
        let some = holders.prefix(5).joined(separator: ", ")
        return "\(holders.count) stand\(holders.count == 1 ? "s" : "") on it: \(some)\(holders.count > 5 ? ", …" : "")"
    }

    private static func days(_ seconds: Double) -> String {
        let days = Int(seconds / 86_400)
        return days == 1 ? "1 day" : "\(days) days"
    }
}

extension [ImageHolder] {
    /// Those that are not among machines that are named by their ids, with which the names on hosts end in small letters.
    func besides(_ machines: [String]) -> [ImageHolder] {
        let ids = machines.map { $0.lowercased() }
        return filter { holder in !ids.contains { holder.machine.hasSuffix($0) } }
    }
}
