import ClassAds
import CostModel
import DAGModel
import SeededRandom
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("the board of bid functions")
struct BoardTests {
    private static let start = ContinuousClock.now
    private static let images = StubPlant.images

    private static func notice(_ name: String, machines: Int = 0, capacity: Int = 100) -> BidNotice {
        var function = BidFunction(plant: name, capacity: PlantCapacity(machines: capacity))
        function.promised.machines = machines
        function.freeForNewDomain = 200
        return BidNotice(function: function, images: images, durations: BidDurations())
    }

    private static func board(_ machines: [Int], capacity: Int = 100) -> Board {
        var board = Board()
        for (number, machines) in machines.enumerated() {
            let notice = notice("plant-\(number)", machines: machines, capacity: capacity)
            #expect(board.take(notice, from: "http://\(number)", at: start) == nil)
        }
        return board
    }

    private static func request(_ domain: String = "lab.example") throws -> Request {
        try RequestParser().parse(Documents.machine(domain: domain))
    }

    private static func choose(
        _ board: inout Board,
        _ request: Request,
        _ policy: CostPolicy = .vmplants2004,
        without left: Set<String> = [],
        salt: UInt64 = 1,
        after time: Duration = .zero
    ) -> Board.Choice {
        board.choose(request, request.digest, policy: policy, without: left, salt: salt, at: start + time)
    }

    @Test("the cheapest eight are offered in order, with the price that the policy gives")
    func order() throws {
        let request = try Self.request()
        var board = Self.board([5, 3, 9, 1, 7, 2, 8, 6, 4, 0])
        let choice = Self.choose(&board, request)
        #expect(choice.offers.map(\.plant) == [9, 3, 5, 1, 8, 0, 7, 4].map { "plant-\($0)" })
        #expect(choice.offers.map(\.cost.total) == (0..<8).map { 50 + 4 * Double($0) })
        #expect(choice.offers[0].plan.image == "small")
        #expect(choice.refusals.isEmpty)
        #expect(Self.choose(&board, request, without: ["http://9", "http://3"]).offers[0].plant == "plant-5")
    }

    @Test("a machine that was just placed counts at once, and again no more when the plant does not make it")
    func debits() throws {
        let request = try Self.request()
        var board = Self.board([0, 0])
        var placed: [String: Int] = [:]
        for salt in 0..<20 {
            let id = MachineID.new()
            let offer = try #require(Self.choose(&board, request, salt: UInt64(salt)).offers.first)
            board.debit(offer, for: id, domain: request.client.domain, at: Self.start)
            board.debit(offer, for: id, domain: request.client.domain, at: Self.start)
            placed[offer.plant, default: 0] += 1
            if salt == 19 { board.credit(id, at: offer.url) }
        }
        // The first plant has the domain's network, so it is cheaper until it has 13 machines more.
        #expect(placed.values.sorted() == [7, 13])
        #expect(Self.choose(&board, request).offers.map(\.cost.total).min() ?? 0 > 12)
    }

    @Test(
        "what the plant counts itself is not counted twice: a machine's debit ends with the second notice some time after it"
    )
    func notices() throws {
        let request = try Self.request()
        var board = Self.board([0])
        let (id, other) = (MachineID.new(), MachineID.new())
        let offer = try #require(Self.choose(&board, request).offers.first)
        for machine in [id, other] {
            board.debit(offer, for: machine, domain: request.client.domain, at: Self.start)
        }
        func total() -> Double? { Self.choose(&board, request).offers.first?.cost.total }
        #expect(total() == 8)
        board.accept(id, at: offer.url, Self.start)
        _ = board.take(Self.notice("plant-0"), from: offer.url, at: Self.start)
        #expect(total() == 8)
        _ = board.take(Self.notice("plant-0", machines: 1), from: offer.url, at: Self.start + .seconds(3))
        // Its own machine, and the other that nobody has accepted yet.
        #expect(total() == 50 + 8 || total() == 8)
        board.credit(other, at: offer.url)
        #expect(total() == 50 + 4 || total() == 4)
    }

    @Test("a word that nothing changed keeps a plant believed, renews its ticket, and ends debits as a notice does")
    func same() throws {
        let request = try Self.request()
        var board = Self.board([1])
        let id = MachineID.new()
        let offer = try #require(Self.choose(&board, request).offers.first)
        board.debit(offer, for: id, domain: request.client.domain, at: Self.start)
        board.accept(id, at: offer.url, Self.start)
        func total(after time: Duration) -> Double? {
            Self.choose(&board, request, after: time).offers.first?.cost.total
        }
        #expect(total(after: .zero) == 8)
        #expect(board.renew("new", from: offer.url, at: Self.start + .seconds(4)) == nil)
        #expect(board.renew("newer", from: offer.url, at: Self.start + .seconds(8)) == nil)
        #expect(total(after: .seconds(9)) == 54)
        #expect(Self.choose(&board, request, after: .seconds(9)).offers.first?.ticket == "newer")
        #expect(Self.choose(&board, request, after: .seconds(14)).offers.isEmpty)
        #expect(board.renew(nil, from: offer.url, at: Self.start + .seconds(15)) == nil)
        #expect(Self.choose(&board, request, after: .seconds(15)).offers.count == 1)
        // Who never told anything has nothing that could be the same.
        #expect(board.renew(nil, from: "http://other", at: Self.start) != nil)
        #expect(board.renew(String(repeating: "x", count: 65), from: offer.url, at: Self.start) != nil)
    }

    @Test("a machine can be ruled out only where every plant has just told, all of it, and not of that one")
    func elsewhere() throws {
        var board = Self.board([0, 0])
        let (id, urls) = (MachineID.new(), Set(["http://0", "http://1"]))
        #expect(!board.mayHold(id, among: urls, at: Self.start + .seconds(1)))
        #expect(board.mayHold(id, among: urls, at: Self.start + .seconds(2)))
        #expect(board.mayHold(id, among: urls.union(["http://2"]), at: Self.start))
        var notice = Self.notice("plant-1")
        notice.function.newest = [MachineID.new().text, id.text]
        _ = board.take(notice, from: "http://1", at: Self.start)
        #expect(board.mayHold(id, among: urls, at: Self.start))
        #expect(!board.mayHold(.new(), among: urls, at: Self.start))
        notice.function.newest = (0..<BidFunction.mostNewest).map { _ in MachineID.new().text }
        _ = board.take(notice, from: "http://1", at: Self.start)
        #expect(board.mayHold(.new(), among: urls, at: Self.start))
    }

    @Test("plants that are not what a request requires do not bid for it, and say why; for others they do")
    func requirements() throws {
        var board = Self.board([1, 2])
        var notice = Self.notice("plant-1", machines: 2)
        notice.function.attributes = Attributes(["Rack": .string("b12")])
        _ = board.take(notice, from: "http://1", at: Self.start)
        let picky = try RequestParser().parse(RequestText.document(requirements: #"Rack == "b12""#))
        let choice = Self.choose(&board, picky)
        #expect(choice.offers.map(\.plant) == ["plant-1"])
        #expect(choice.refusals.map(\.plant) == ["plant-0"])
        #expect(choice.refusals.first?.reasons.first?.contains("it has no Rack") == true)
        let other = try RequestParser().parse(RequestText.document())
        #expect(Self.choose(&board, other).offers.map(\.plant) == ["plant-0", "plant-1"])
    }

    @Test("what the plant lists as counted is not debited; what nobody accepts is not debited for ever")
    func newest() throws {
        let request = try Self.request()
        var board = Self.board([0])
        let (id, lost) = (MachineID.new(), MachineID.new())
        let offer = try #require(Self.choose(&board, request).offers.first)
        for machine in [id, lost] {
            board.debit(offer, for: machine, domain: request.client.domain, at: Self.start)
        }
        var notice = Self.notice("plant-0", machines: 1)
        notice.function.newest = [id.text]
        notice.function.networks = [request.client.domain: 100]
        _ = board.take(notice, from: offer.url, at: Self.start)
        #expect(Self.choose(&board, request).offers.first?.cost.total == 8)
        let later = Self.start + .seconds(121)
        _ = board.take(notice, from: offer.url, at: later)
        #expect(Self.choose(&board, request, after: .seconds(121)).offers.first?.cost.total == 4)
    }

    @Test("ties go to each in turn of chance, and to the same for the same seed")
    func ties() throws {
        let request = try Self.request()
        func drawn(_ seed: Int) -> [String] {
            var board = Self.board(Array(repeating: 0, count: 10))
            var generator = SeededGenerator(seed: seed)
            return (0..<500).map { _ in
                Self.choose(&board, request, salt: generator.next()).offers[0].plant
            }
        }
        #expect(drawn(7) == drawn(7))
        #expect(drawn(7) != drawn(8))
        let counts = Dictionary(grouping: drawn(7)) { $0 }.mapValues(\.count)
        #expect(counts.count == 10 && counts.values.allSatisfy { (25...80).contains($0) })
    }

    @Test("a plant that falls silent is left out, and is back when it is heard")
    func silence() throws {
        let request = try Self.request()
        var board = Self.board([0, 1])
        let late = Self.start + .seconds(6)
        #expect(board.plants(at: Self.start).count == 2)
        _ = board.take(Self.notice("plant-1", machines: 1), from: "http://1", at: late)
        #expect(board.plants(at: late) == ["http://1"])
        #expect(Self.choose(&board, request, after: .seconds(6)).offers.map(\.plant) == ["plant-1"])
        _ = board.take(Self.notice("plant-0"), from: "http://0", at: late)
        #expect(Self.choose(&board, request, after: .seconds(6)).offers.map(\.plant) == ["plant-0", "plant-1"])
        board.remove("http://0")
        #expect(Self.choose(&board, request, after: .seconds(6)).offers.map(\.plant) == ["plant-1"])
    }

    @Test("who does not take it says every reason")
    func refusals() throws {
        var board = Self.board([3], capacity: 3)
        var full = Self.notice("plant-0", machines: 3, capacity: 3)
        full.function.freeForNewDomain = 0
        full.function.refusals = ["it is cordoned"]
        _ = board.take(full, from: "http://0", at: Self.start)
        let choice = Self.choose(&board, try Self.request())
        #expect(choice.offers.isEmpty)
        #expect(choice.refusals.map(\.plant) == ["plant-0"])
        #expect(choice.refusals[0].reasons.count == 3)
    }

    @Test("what cannot be true is not believed, whatever it is")
    func hostile() throws {
        let spoilt: [(inout BidNotice) -> Void] = [
            { $0.function.promised.machines = -1 }, { $0.function.promised.claim.memory = .max },
            { $0.function.price = .nan }, { $0.function.price = -1 }, { $0.function.secondsSinceLast = .infinity },
            { $0.function.capacity.disk = .min }, { $0.function.networks["a"] = .min },
            { $0.durations?.seconds["boot"] = .infinity }, { $0.durations?.seconds["boot"] = -1 },
            { $0.images?.images[0].bytes = -1 }, { $0.images?.images[0].needs.disk = ByteCount(bytes: .max) },
            { $0.function.listeners = -4 },
        ]
        for spoil in spoilt {
            var (board, notice) = (Board(), Self.notice("plant"))
            spoil(&notice)
            #expect(board.take(notice, from: "http://0", at: Self.start) != nil)
            #expect(board.plants(at: Self.start).isEmpty)
        }
        var board = Board()
        let bare = BidNotice(function: Self.notice("plant").function)
        #expect(board.take(bare, from: "http://0", at: Self.start) != nil)
    }

    @Test("no wish is so large that what was placed cannot be added up")
    func large() throws {
        let document = RequestText.document(
            hardware: "<memory>8388607TiB</memory><disk>8388607TiB</disk>",
            domain: "lab.example"
        )
        let request = try RequestParser().parse(document)
        var board = Self.board([0])
        for _ in 0..<5_000 {
            guard let offer = Self.choose(&board, request).offers.first else { break }
            board.debit(offer, for: .new(), domain: request.client.domain, at: Self.start)
        }
        _ = board.take(Self.notice("plant-0"), from: "http://0", at: Self.start)
        #expect(Self.choose(&board, request).offers.isEmpty)
    }

    @Test("a table that is kept up to date chooses as one that is made anew", arguments: 1...20)
    func tables(seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        let requests = try (0..<3).map { try Self.request("d\($0).example") }
        let policies = ["vmplants-2004", "least-loaded", "spread+0.1*load", "round-robin"].compactMap(CostPolicy.init)
        var notices = (0..<20).map { Self.notice("plant-\($0)", capacity: 6) }
        var board = Board()
        for (number, notice) in notices.enumerated() {
            _ = board.take(notice, from: "http://\(number)", at: Self.start)
        }
        for step in 0..<200 {
            let number = Int.random(in: 0..<20, using: &generator)
            notices[number].function.promised.machines = Int.random(in: 0...6, using: &generator)
            notices[number].function.machinesOfDomain["d1.example"] = Int.random(in: 0...3, using: &generator)
            _ = board.take(notices[number], from: "http://\(number)", at: Self.start)
            guard step % 5 == 0 else { continue }
            var anew = Board()
            for (number, notice) in notices.enumerated() {
                _ = anew.take(notice, from: "http://\(number)", at: Self.start)
            }
            let request = try #require(requests.randomElement(using: &generator))
            let policy = try #require(policies.randomElement(using: &generator))
            let salt = generator.next()
            let kept = Self.choose(&board, request, policy, salt: salt)
            #expect(kept.offers == Self.choose(&anew, request, policy, salt: salt).offers)
            #expect(kept.refusals == Self.choose(&anew, request, policy, salt: salt).refusals)
        }
    }
}
