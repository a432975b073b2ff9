import CostModel
import DAGModel
import ShopAPI
import VMShopServer
import VMShopSimulator

/// How long a shop takes to choose among ten thousand plants by what they told, and to count the machine at the one it chose,
/// beside a plain scan of an array of as many prices.
struct DecisionBenchmark: Benchmark {
    let name = "decision"

    private static let plants = 10_000
    private static let decisions = 400
    private static let rounds = 15

    func run() async throws -> [BenchmarkLine] {
        print("decision: one of \(Self.plants) plants, by what they told")
        var board = try Self.board()
        let request = try RequestParser().parse(Array(Self.document.utf8))
        var (times, floors): ([Double], [Double]) = ([], [])
        for round in 0..<Self.rounds {
            times.append(Self.decide(&board, request, round))
            floors.append(Self.floor())
        }
        let ratio = Self.median(zip(times, floors).map { $0 / $1 })
        return [
            BenchmarkLine(
                "decision: 10,000 plants",
                ours: format(Self.median(times) * 1e6) + " us",
                against: "a scan, \(format(Self.median(floors) * 1e6)) us",
                ratio: format(ratio),
                target: "<= 2",
                isMet: ratio <= 2
            )
        ]
    }

    private static let document = """
        <request xmlns="urn:vmshop:request:1"><client domain="lab.example"/><start><image name="small"/></start></request>
        """

    private static func board() throws -> Board {
        var board = Board((0..<plants).map { "http://plant-\($0)" })
        for number in 0..<plants {
            var function = BidFunction(plant: "plant-\(number)", capacity: PlantCapacity(machines: 1_000_000))
            (function.promised.machines, function.freeForNewDomain) = (number % 97, 1_000_000)
            let notice = BidNotice(function: function, images: SimulatedImages.list, durations: BidDurations())
            if let objection = board.take(notice, from: "http://plant-\(number)", at: .now) {
                throw ServiceError(.internalError, objection)
            }
        }
        return board
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func decide(_ board: inout Board, _ request: Request, _ round: Int) -> Double {
        let digest = "one and the same"
        let ids = (0..<decisions).map { _ in MachineID.new() }
        let began = ContinuousClock.now
        for number in 0..<decisions {
            let salt = UInt64(round * decisions + number)
            let now = ContinuousClock.now
            let choice = board.choose(request, digest, policy: .vmplants2004, salt: salt, at: now)
            guard let first = choice.offers.first else { continue }
            board.debit(first, for: ids[number], domain: request.client.domain, at: now)
        }
        return (ContinuousClock.now - began).seconds / Double(decisions)
    }

    /// The least price of an array, and where it is.
    private static func floor() -> Double {
        let prices = (0..<plants).map { Double(($0 * 7_919) % 10_007) }
        var found = 0
        let time = seconds {
            for start in 0..<decisions {
                var (least, place) = (Double.infinity, start)
                prices.withUnsafeBufferPointer { prices in
                    for index in prices.indices where prices[index] < least { (least, place) = (prices[index], index) }
                }
                found &+= place
            }
        }
        // So that the scan is not left out.
        if found == .min { print(found) }
        return time / Double(decisions)
    }
}
