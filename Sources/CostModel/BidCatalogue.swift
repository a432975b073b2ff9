public import ClassAds
public import DAGModel

/// What a plant would do for a request, as far as a shop can tell from what the plant said of itself.
public struct BidPlan: Sendable, Hashable {
    /// The image that would be cloned.
    public var image: String
    /// The architecture of the machine.
    public var architecture: String
    /// What must be true of the plant; nothing where any will do.
    public var requirements: Query?
    /// What the machine takes.
    public var claim: ResourceClaim
    /// Ids of the actions that the image already holds.
    public var reused: [String]
    /// What is to be done, with the durations that are expected.
    public var work: PlannedWork
}

/// The images of a plant, so that the best for a request is found without looking at the others.
///
/// It chooses as the plant itself does: of the images whose history passes the three tests and whose hardware fits, the one
/// whose machine is expected to be ready first; then the one with the most actions done, the smallest disk, the first by
/// name.
public struct BidCatalogue: Sendable {
    /// The images.
    public let list: BidImages
    private var trie = HistoryTrie()
    private var numbers: [String: Int] = [:]

    /// A catalogue of a plant's images; of several with one name the first counts.
    public init(_ list: BidImages) {
        self.list = list
        for (number, image) in list.images.enumerated() where numbers[image.name] == nil {
            numbers[image.name] = number
            trie.insert(number, history: image.history)
        }
    }

    /// Why there is no plan.
    public struct Refusal: Error, Sendable, Hashable {
        /// Every reason, each a sentence.
        public var reasons: [String]
    }

    /// The plan for a request.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - durations: What the plant has learned.
    /// - Returns: The plan with the best image, or why no image fits.
    public func plan(_ request: Request, _ durations: BidDurations) -> Result<BidPlan, Refusal> {
        let graph = request.graph
        let expected = zip(graph.actions, graph.keys).map { durations.expected(DurationSubject.action($0, $1)) }
        let candidates = candidates(for: request, seconds: expected.map(\.seconds), durations)
        guard let best = candidates.min(by: { isBetter($0, than: $1) }), mayBegin(request, candidates) else {
            return .failure(Refusal(reasons: reasons(against: request)))
        }
        return .success(plan(request, best, expected, durations))
    }
}

extension BidCatalogue {
    /// An image that fits.
    private struct Candidate {
        var image: Int
        var seconds: Double
    }

    private func candidates(for request: Request, seconds: [Double], _ durations: BidDurations) -> [Candidate] {
        let whole = seconds.reduce(0, +)
        var found: [Candidate] = []
        for prefix in trie.prefixes(of: request.graph, weights: seconds).found {
            trie.forEachEntry(of: prefix) { number in
                let image = list.images[number]
                guard request.start.image.map(image.answersTo.contains) ?? true,
                    image.needs.misfit(to: request.start.hardware) == nil
                else { return }
                // Sums of the same numbers in another order differ in the last bits: what is nearly equal is equal.
                let seconds = ((list.overhead(image, durations) + whole - prefix.weight) * 1e6).rounded() / 1e6
                found.append(Candidate(image: number, seconds: seconds))
            }
        }
        return found
    }

    /// An image that was made of the one that a request names counts only where that one itself fits.
    private func mayBegin(_ request: Request, _ candidates: [Candidate]) -> Bool {
        guard let name = request.start.image else { return true }
        return candidates.contains { list.images[$0.image].name == name }
    }

    private func isBetter(_ one: Candidate, than other: Candidate) -> Bool {
        if one.seconds != other.seconds { return one.seconds < other.seconds }
        let (image, rival) = (list.images[one.image], list.images[other.image])
        if image.history.count != rival.history.count { return image.history.count > rival.history.count }
        if image.needs.disk != rival.needs.disk { return image.needs.disk < rival.needs.disk }
        return image.name < rival.name
    }

    private func plan(
        _ request: Request,
        _ best: Candidate,
        _ expected: [ExpectedDuration],
        _ durations: BidDurations
    ) -> BidPlan {
        let image = list.images[best.image]
        let done = Set(image.history)
        let graph = request.graph
        let isDone = graph.keys.map(done.contains)
        return BidPlan(
            image: image.name,
            architecture: request.start.hardware.architecture ?? image.needs.architecture,
            requirements: request.requirements,
            claim: ResourceClaim(of: request, with: image.needs, defaultMemory: list.defaultMemory),
            reused: zip(graph.actions, isDone).filter(\.1).map(\.0.id),
            work: PlannedWork(
                transfer: image.transfer,
                clone: CloneWork(method: list.clone, bytes: image.bytes),
                boot: durations.expected(image.start),
                actions: graph.actions.indices.filter { !isDone[$0] }.map { index in
                    ActionWork(id: graph.actions[index].id, expected: expected[index])
                }
            )
        )
    }

    /// More images than this are not told of one by one.
    private static let mostReasons = 8

    private func reasons(against request: Request) -> [String] {
        if let name = request.start.image {
            guard let number = numbers[name] else { return ["there is no image \(name) in the warehouse"] }
            return [reason(against: list.images[number], request)]
        }
        guard !list.images.isEmpty else { return ["its warehouse holds no image"] }
        let rest = list.images.count - Self.mostReasons
        return list.images.prefix(Self.mostReasons).map { reason(against: $0, request) }
            + (rest > 0 ? ["\(rest) more image\(rest == 1 ? " does" : "s do") not fit either"] : [])
    }

    private func reason(against image: BidImage, _ request: Request) -> String {
        if let misfit = image.needs.misfit(to: request.start.hardware) { return misfit.description(of: image.name) }
        guard case .misfit(let mismatch) = request.graph.match(image.history) else {
            return "\(image.name) is the name of another image"
        }
        return "\(image.name) does not fit: \(mismatch)"
    }
}
