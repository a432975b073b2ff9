import DAGModel

/// The images that fit a graph, in the order in which they would be taken.
struct ImageRanking: Sendable {
    /// An image whose history fits.
    struct Candidate: Sendable {
        let place: ImagePlace
        let summary: ImageSummary
        let seconds: Double
        /// What else keeps it from being taken, as far as can be seen without reading its manifest.
        let misfit: ImageMisfit.Reason?

        func isBetter(than other: Candidate) -> Bool {
            if self.seconds != other.seconds { return self.seconds < other.seconds }
            if self.summary.steps != other.summary.steps { return self.summary.steps > other.summary.steps }
            if self.summary.virtualSize != other.summary.virtualSize {
                return self.summary.virtualSize < other.summary.virtualSize
            }
            return self.summary.name < other.summary.name
        }
    }

    /// Misfits that are told at the most.
    static let misfitLimit = 100

    /// The best, in order: as many as were wanted without a misfit, and what is better than these.
    private(set) var candidates: [Candidate] = []
    /// Whether there are no others.
    private(set) var isWhole = true

    private let hardware: Hardware
    private let time: ReadyTime
    private let wanted: Int
    private var fitting: [Candidate] = []
    private var others: [Candidate] = []

    /// Ranks.
    ///
    /// Histories are looked at from the one that saves most. As soon as the next could not beat the images found, even if
    /// its images started as fast as any, the rest need not be looked at: neither in number nor in detail.
    ///
    /// - Parameters:
    ///   - index: the images there are.
    ///   - hardware: what is asked for.
    ///   - graph: the actions.
    ///   - time: what decides.
    ///   - wanted: how many images without a misfit are wanted.
    init(_ index: ImageIndex, hardware: Hardware, graph: Graph, time: ReadyTime, wanted: Int) {
        self.hardware = hardware
        self.time = time
        self.wanted = wanted
        let whole = time.actions.reduce(0, +)
        let prefixes = index.prefixes(of: graph, weights: time.actions).sorted { $0.weight > $1.weight }
        for prefix in prefixes {
            let left = whole - prefix.weight
            if let last = self.worst, left + time.least > last.seconds + 2e-6 {
                self.isWhole = false
                break
            }
            index.forEachImage(of: prefix) { number in
                guard let (place, summary) = index.image(number) else { return }
                self.add(place, summary, left: left)
            }
        }
        self.finish()
    }

    /// The last of those that are wanted, when there are as many.
    private var worst: Candidate? { self.fitting.count < self.wanted ? nil : self.fitting.last }

    private mutating func add(_ place: ImagePlace, _ summary: ImageSummary, left: Double) {
        // Sums of the same numbers in another order differ in the last bits: what is nearly equal is equal.
        let seconds = ((self.time.overhead(summary) + left) * 1e6).rounded() / 1e6
        let misfit = summary.needs.misfit(to: self.hardware).map(ImageMisfit.Reason.hardware)
        let candidate = Candidate(place: place, summary: summary, seconds: seconds, misfit: misfit)
        if misfit != nil {
            Self.insert(candidate, into: &self.others, atMost: Self.misfitLimit)
        } else if Self.insert(candidate, into: &self.fitting, atMost: self.wanted) {
            self.isWhole = false
        }
    }

    /// Puts a candidate in its place; answers whether one had to go for it, or it itself.
    @discardableResult
    private static func insert(_ new: Candidate, into list: inout [Candidate], atMost limit: Int) -> Bool {
        if list.count >= limit, let last = list.last, !new.isBetter(than: last) { return true }
        var low = 0
        var high = list.count
        while low < high {
            let middle = (low + high) / 2
            if list[middle].isBetter(than: new) { low = middle + 1 } else { high = middle }
        }
        list.insert(new, at: low)
        guard list.count > limit else { return false }
        list.removeLast()
        return true
    }

    private mutating func finish() {
        let better =
            self.isWhole
            ? self.others
            : self.others.filter { other in
                self.worst.map { other.isBetter(than: $0) } ?? true
            }
        self.candidates = (self.fitting + better).sorted { $0.isBetter(than: $1) }
        self.fitting = []
        self.others = []
    }
}
