import CostModel
import DAGModel
import SeededRandom
import ShopAPI

/// The board of a running shop.
actor BidBoard {
    private var board: Board
    private var generator: SeededGenerator
    /// What ``untold(of:)`` answered last, and of which state of list and board.
    private var untold: (plants: [String], list: Int, board: Int)?

    /// - Parameters:
    ///   - urls: The plants, in the order of the shop's list.
    ///   - seed: What ties are broken by.
    init(_ urls: [String], seed: UInt64) {
        board = Board(urls)
        generator = SeededGenerator(seed: seed)
    }

    /// Takes a plant's word; answers why it is not believed, if it is not.
    func take(_ word: BidWord, from url: String) -> String? {
        switch word {
        case .notice(let notice): board.take(notice, from: url, at: ServiceTime.now)
        case .same(let ticket): board.renew(ticket, from: url, at: ServiceTime.now)
        }
    }

    /// A plant tells nothing any more.
    func remove(_ url: String) { board.remove(url) }

    /// The plants whose word counts now.
    func plants() -> Set<String> { board.plants(at: ServiceTime.now) }

    /// The plants of the shop's list whose word does not count now, in its order.
    func untold(of list: PlantList) -> [String] {
        let heard = board.plants(at: ServiceTime.now)
        let now = list.now
        if let untold, (untold.list, untold.board) == (now.version, board.hearings) { return untold.plants }
        let plants = now.urls.filter { !heard.contains($0) }
        untold = (plants, now.version, board.hearings)
        return plants
    }

    /// Whether one of the plants may have been given a machine lately.
    func mayHold(_ id: MachineID, among urls: Set<String>) -> Bool {
        board.mayHold(id, among: urls, at: ServiceTime.now)
    }

    /// Looks for the cheapest plants, and counts the machine at the first one already: who decides at the same time sees it.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - digest: Its digest.
    ///   - policy: The policy to price by.
    ///   - left: Plants that are left out.
    ///   - id: The machine that it is for; nothing where nothing is to be placed.
    /// - Returns: The cheapest, and some of those that do not take it.
    func choose(
        _ request: Request,
        _ digest: String,
        policy: CostPolicy,
        without left: Set<String>,
        for id: MachineID?
    ) -> Board.Choice {
        let salt = generator.next()
        let choice = board.choose(request, digest, policy: policy, without: left, salt: salt, at: ServiceTime.now)
        if let id, let first = choice.offers.first {
            board.debit(first, for: id, domain: request.client.domain, at: ServiceTime.now)
        }
        return choice
    }

    /// Two different ones of so many, at random.
    func draw(twoOf count: Int) -> [Int] { Array((0..<count).shuffled(using: &generator).prefix(2)) }

    /// Counts a machine at the plant that is told to make it, where it is not counted yet.
    func debit(_ offer: Board.Offer, for id: MachineID, domain: String) {
        board.debit(offer, for: id, domain: domain, at: ServiceTime.now)
    }

    /// The plant accepted the machine.
    func accept(_ id: MachineID, at url: String) { board.accept(id, at: url, ServiceTime.now) }

    /// The plant does not make the machine.
    func credit(_ id: MachineID, at url: String) { board.credit(id, at: url) }
}
