import ClassAds
import CostModel

/// What one kind of request costs at each plant of a board: a price a plant, so that the choice is a scan of numbers; and the least
/// price of each block of plants, so that blocks without one of the cheapest are passed over.
struct ScoreTable: Sendable {
    /// What requests must have in common to cost the same at every plant.
    struct Kind: Hashable, Sendable {
        var policy: CostPolicy
        var domain: String
        /// By the plants' profiles: what a machine would be there.
        var plans: [Profiles.Number: Essence]
    }

    /// What a price depends on of a plan.
    struct Essence: Hashable, Sendable {
        var image: String
        var architecture: String
        var requirements: Query?
        var claim: ResourceClaim
        var work: WorkSeconds

        init(_ plan: BidPlan) {
            image = plan.image
            architecture = plan.architecture
            requirements = plan.requirements
            claim = plan.claim
            work = plan.work.steps
        }
    }

    /// By the plant's place on the board; infinite where the plant does not take such a machine.
    private(set) var totals: [Double]
    /// The least total of each block of places.
    private var leasts: [Double]
    /// At how many places no such machine is taken.
    private(set) var refusing: Int
    /// Up to which change of the board the totals hold.
    var changes: Int

    private static let block = 64

    /// A table in which no plant takes anything.
    init(count: Int, changes: Int) {
        totals = Array(repeating: .infinity, count: count)
        leasts = Array(repeating: .infinity, count: (count + Self.block - 1) / Self.block)
        refusing = count
        self.changes = changes
    }

    /// Notes the price at a plant.
    mutating func set(_ total: Double, at place: Int) {
        while place >= totals.count {
            if totals.count % Self.block == 0 { leasts.append(.infinity) }
            totals.append(.infinity)
            refusing += 1
        }
        let before = totals[place]
        refusing += (total == .infinity ? 1 : 0) - (before == .infinity ? 1 : 0)
        totals[place] = total
        let block = place / Self.block
        if total <= leasts[block] {
            leasts[block] = total
        } else if before == leasts[block] {
            leasts[block] = totals[Self.places(of: block, totals.count)].min() ?? .infinity
        }
    }

    private static func places(of block: Int, _ count: Int) -> Range<Int> {
        block * Self.block..<min(count, (block + 1) * Self.block)
    }

    /// The cheapest plants, cheapest first. Which of those that cost the same come first is left to `salt`: it says in which block
    /// the search begins, and shuffles each block.
    ///
    /// - Parameters:
    ///   - most: How many.
    ///   - salt: Drawn anew for each choice.
    ///   - left: Places that are left out.
    /// - Returns: Places on the board.
    func cheapest(_ most: Int, salt: UInt64, without left: Set<Int> = []) -> [Int] {
        guard most > 0, !leasts.isEmpty else { return [] }
        var best: [(total: Double, tie: UInt64, place: Int)] = []
        var worst = Double.infinity
        let first = Int(Self.mix(salt) % UInt64(leasts.count))
        totals.withUnsafeBufferPointer { totals in
            for number in leasts.indices {
                // Without a division, which takes longer than all else here.
                let block = first + number < leasts.count ? first + number : first + number - leasts.count
                guard leasts[block] < worst else { continue }
                for place in Self.places(of: block, totals.count) where totals[place] <= worst {
                    let total = totals[place]
                    guard total < .infinity, left.isEmpty || !left.contains(place) else { continue }
                    let tie = Self.mix(salt &+ UInt64(truncatingIfNeeded: place))
                    let rank = best.firstIndex { ($0.total, $0.tie) > (total, tie) } ?? best.count
                    guard rank < most else { continue }
                    if best.count == most { best.removeLast() }
                    best.insert((total, tie, place), at: rank)
                    if best.count == most { worst = best[most - 1].total }
                }
            }
        }
        return best.map(\.place)
    }

    /// SplitMix64's last step: neighbours get numbers that have nothing to do with each other.
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
