import ClassAds
import CostModel

/// What one kind of request costs at each plant of a board: a price a plant, so that the choice is a scan of numbers.
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
    /// At how many places no such machine is taken.
    private(set) var refusing: Int
    /// Up to which change of the board the totals hold.
    var changes: Int

    /// A table in which no plant takes anything.
    init(count: Int, changes: Int) {
        totals = Array(repeating: .infinity, count: count)
        refusing = count
        self.changes = changes
    }

    /// Notes the price at a plant.
    mutating func set(_ total: Double, at place: Int) {
        if place >= totals.count {
            refusing += place - totals.count + 1
            totals += Array(repeating: .infinity, count: place - totals.count + 1)
        }
        refusing += (total == .infinity ? 1 : 0) - (totals[place] == .infinity ? 1 : 0)
        totals[place] = total
    }

    /// The cheapest plants, cheapest first; which of those that cost the same come first is left to `salt`.
    ///
    /// - Parameters:
    ///   - most: How many.
    ///   - salt: Drawn anew for each choice.
    ///   - left: Places that are left out.
    /// - Returns: Places on the board.
    func cheapest(_ most: Int, salt: UInt64, without left: Set<Int> = []) -> [Int] {
        var best: [(total: Double, tie: UInt64, place: Int)] = []
        var worst = Double.infinity
        totals.withUnsafeBufferPointer { totals in
            for place in totals.indices where totals[place] <= worst {
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
