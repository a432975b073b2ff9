import CostModel
import DAGModel

/// The images and the durations that plants told of, each combination once: plants of one site often have the same images,
/// and one plan serves all of them.
struct Profiles: Sendable {
    /// A combination.
    typealias Number = Int

    private struct Profile {
        var catalogue: BidCatalogue
        var durations: BidDurations
        var plants = 0
    }

    private struct Key: Hashable {
        var images: BidImages
        var durations: BidDurations
    }

    private var profiles: [Number: Profile] = [:]
    private var numbers: [Key: Number] = [:]
    private var catalogues: [BidImages: (catalogue: BidCatalogue, uses: Int)] = [:]
    private var last = 0
    /// What was planned lately, by the digest of the request.
    private var plans: [String: [Number: Plan]] = [:]
    private var digests: [String] = []

    /// The outcome of planning.
    typealias Plan = Result<BidPlan, BidCatalogue.Refusal>

    /// Of so many requests the plans are kept, and of fewer where there are many combinations.
    private static let requestsKept = 256
    private static let plansKept = 8_192
    /// Plans of longer requests are made anew each time: they are large.
    private static let mostActionsKept = 64

    /// A plant has this combination from now on.
    mutating func use(_ images: BidImages, _ durations: BidDurations) -> Number {
        let key = Key(images: images, durations: durations)
        if let number = numbers[key] {
            profiles[number]?.plants += 1
            return number
        }
        last += 1
        let catalogue = catalogues[images]?.catalogue ?? BidCatalogue(images)
        catalogues[images] = (catalogue, (catalogues[images]?.uses ?? 0) + 1)
        numbers[key] = last
        profiles[last] = Profile(catalogue: catalogue, durations: durations, plants: 1)
        return last
    }

    /// A plant has the combination no longer; one that no plant has is forgotten.
    mutating func drop(_ number: Number) {
        guard var profile = profiles[number] else { return }
        profile.plants -= 1
        profiles[number] = profile
        guard profile.plants == 0 else { return }
        let images = profile.catalogue.list
        profiles[number] = nil
        numbers[Key(images: images, durations: profile.durations)] = nil
        catalogues[images]?.uses -= 1
        if catalogues[images]?.uses == 0 { catalogues[images] = nil }
        for digest in plans.keys { plans[digest]?[number] = nil }
    }

    /// The images and durations of a combination.
    func parts(_ number: Number) -> (images: BidImages, durations: BidDurations)? {
        profiles[number].map { ($0.catalogue.list, $0.durations) }
    }

    /// The plan for a request with each combination.
    mutating func plans(for request: Request, _ digest: String) -> [Number: Plan] {
        var known = plans[digest] ?? [:]
        let before = known.count
        for (number, profile) in profiles where known[number] == nil {
            known[number] = profile.catalogue.plan(request, profile.durations)
        }
        guard known.count != before else { return known }
        if request.graph.actions.count <= Self.mostActionsKept { keep(known, for: digest) }
        return known
    }

    private mutating func keep(_ known: [Number: Plan], for digest: String) {
        if plans.updateValue(known, forKey: digest) == nil { digests.append(digest) }
        let most = min(Self.requestsKept, max(1, Self.plansKept / max(1, profiles.count)))
        guard digests.count > most else { return }
        let old = digests.count - most / 2
        for digest in digests.prefix(old) { plans[digest] = nil }
        digests.removeFirst(old)
    }
}
