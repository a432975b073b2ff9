import CostModel
import DAGModel
import SeededRandom
import ShopAPI
import Testing
import VMShopTesting
import Warehouse

@testable import VMPlantServer

@Suite("what a plant tells of itself", .timeLimit(.minutes(2)))
struct BidFunctionTests {
    @Test("what a shop makes of the function is what the plant bids when it is asked", arguments: 1...3)
    func agreesWithThePlant(seed: Int) async throws {
        var settings = [
            "limits.machines=4", "cost.price=3", "limits.memory=1000", "limits.cpus=5", "attributes=Rack=b2",
        ]
        // There is a network for one client domain.
        if seed == 3 { settings.append("network.pool=10.250.0.0/24") }
        try await PlantFixture.with(.init(settings)) { plant in
            var generator = SeededGenerator(seed: seed)
            try await Self.publish(in: plant, &generator)
            for round in 0..<3 {
                if round > 0 {
                    try await Self.make(RequestText.document([Self.step("a")], domain: "d1.example"), plant)
                }
                let told = try await Self.first(plant)
                for _ in 0..<30 { try await Self.compare(Self.request(&generator), told, plant) }
            }
        }
    }

    @Test("an image that is only supposed costs what it costs once it is there")
    func supposed() async throws {
        try await PlantFixture.with(.init(guests: false)) { plant in
            let steps = ["a", "b", "c"].map { Self.step($0) }
            let request = RequestText.document(steps, image: nil)
            let before = try await Self.first(plant)
            var site = SupposedSite([.init(url: "p1", notice: before)])
            site.suppose(.checkpoint(action: "b"), for: try await RequestParser().read(request))
            let done = ["a", "b"].map {
                PerformedAction(Action(id: $0, operation: .script("true \($0)")), outputs: [:])
            }
            try await PlantFixture.publish(image: "kept", in: plant.directory, history: done)
            let notice = try #require(site.plants.first?.notice)
            for policy in [CostPolicy.time, .vmplants2004] {
                let bid = try #require(try await plant.client.estimate(request, policy: policy).bids.first)
                #expect(bid.plan.image == "kept" && bid.plan.reused == ["a", "b"])
                let read = try await RequestParser().read(request)
                let plan = try BidCatalogue(try #require(notice.images)).plan(read, try #require(notice.durations))
                    .get()
                let load = notice.function.load(with: plan, domain: read.client.domain)
                #expect(plan.reused == bid.plan.reused)
                #expect(abs(policy.total(of: plan.work.steps, load: load) - bid.cost.total) < 1e-6)
            }
        }
    }

    @Test("a notice comes soon after a change, and every second; images are told once")
    func notices() async throws {
        try await PlantFixture.with { plant in
            let heard = Heard()
            let listening = Task { try await plant.client.hear { await heard.take($0) } }
            defer { listening.cancel() }
            try await Eventually.holds("the first notice came") { await !heard.notices.isEmpty }
            let first = try #require(await heard.notices.first)
            #expect(first.images?.images.map(\.name) == ["small"])
            #expect(first.durations != nil)
            #expect(first.function.promised.machines == 0)
            let ticket = try #require(first.function.ticket)
            try await Self.make(RequestText.document(), plant, bid: ticket)
            try await Eventually.holds("the machine is told of") {
                await heard.notices.contains { $0.function.promised.machines == 1 && $0.images == nil }
            }
            _ = try await plant.client.cordon("p1", reason: "kernel")
            try await Eventually.holds("the cordon is told of") {
                await heard.notices.contains { $0.function.refusals.contains { $0.contains("kernel") } }
            }
            let count = await heard.tickets.count
            try await Eventually.holds("words come without a change, each with its ticket") {
                let tickets = await heard.tickets.dropFirst(count)
                return tickets.count > 2 && Set(tickets).count > 1 && !tickets.contains("")
            }
        }
    }

    @Test("who listens is told of all that happens to machines, each event once, with the machine as it was then")
    func progress() async throws {
        try await PlantFixture.with { plant in
            let heard = Heard()
            let listening = Task { try await plant.client.hear { await heard.take($0) } }
            defer { listening.cancel() }
            try await Eventually.holds("the first notice came") { await !heard.notices.isEmpty }
            let id = MachineID.new()
            _ = try await plant.client.create(id, RequestText.document([Self.step("a")]), options: .init())
            try await Eventually.holds("it is told to be ready") { await heard.pages.last?.state == .ready }
            #expect(try await heard.pages.last?.machine == plant.client.machine(id))
            _ = try await plant.client.collect(id)
            try await Eventually.holds("its end is told") { await heard.pages.last?.state == .collected }
            let (pages, events) = (
                await heard.pages, try await plant.client.events(of: id, after: 0, wait: .zero).events
            )
            #expect(pages.flatMap(\.events) == events)
            var last = 0
            for page in pages {
                #expect(page.after == last && page.machine?.state == page.state)
                last = page.events.last?.sequence ?? last
            }
        }
    }

    @Test(
        "no word grows beyond its limit: what has no room comes later, of what is too large it is told that something happened"
    )
    func largeProgress() async throws {
        try await PlantFixture.with { plant in
            let machines = plant.plant.parts.machines
            let whole = await ProgressTeller(machines) {}
            let (half, tiny) = (
                await ProgressTeller(machines, most: 1_500) {}, await ProgressTeller(machines, most: 10) {}
            )
            for _ in 1...2 { try await Self.make(RequestText.document(), plant) }
            let pages = try await whole.pages()
            #expect(pages.count == 2 && pages.allSatisfy { $0.after == 0 && !$0.events.isEmpty })
            #expect(try await half.pages().count == 1)
            #expect(try await half.pages().count == 1)
            #expect(try await half.pages().isEmpty)
            let hint = try #require(try await tiny.pages().first)
            #expect(hint.events.isEmpty && hint.after == nil && hint.state == .ready && hint.machine != nil)
            for teller in [whole, half, tiny] { await teller.end() }
        }
    }

    @Test("a plant that was started anew still names the machines that it was given just before")
    func newest() async throws {
        try await PlantFixture.with { plant in
            let (id, gone) = (MachineID.new(), MachineID.new())
            for machine in [id, gone] {
                _ = try await plant.client.create(machine, RequestText.document(), options: .init())
                #expect(try await plant.client.settled(machine).state == .ready)
            }
            _ = try await plant.client.collect(gone)
            let again = plant.plant.on(plant.plant.parts.host.hypervisor)
            #expect(await again.bids.machines(ofLast: .seconds(60)).isEmpty)
            try await again.recallNewest()
            #expect(Set(await again.bids.machines(ofLast: .seconds(60))) == [id, gone])
            // When it was given its last one it does not know any more.
            #expect(await again.bids.sinceLastMachine == nil)
        }
    }

    @Test("who listens no more is not told any more")
    func end() async throws {
        try await PlantFixture.with(.init(guests: false)) { plant in
            let (heard, listeners) = (Heard(), plant.plant.listeners)
            let listening = Task { try await plant.client.hear { await heard.take($0) } }
            try await Eventually.holds("the first notice came") { await !heard.notices.isEmpty }
            #expect(await listeners.count == 1)
            for _ in 1..<BidListeners.most { await listeners.enter() }
            await expect(code: .overloaded) { try await plant.client.hear { _ in } }
            for _ in 1..<BidListeners.most { await listeners.leave() }
            listening.cancel()
            try await Eventually.holds("nobody listens") { await listeners.count == 0 }
        }
    }
}

extension BidFunctionTests {
    private actor Heard {
        private(set) var notices: [BidNotice] = []
        /// Words that nothing changed, with their tickets.
        private(set) var tickets: [String] = []

        /// What happened to machines.
        private(set) var pages: [EventPage] = []

        func take(_ word: PlantWord) {
            pages += word.progress ?? []
            switch word.bid {
            case .notice(let notice): notices.append(notice)
            case .same(let ticket): tickets.append(ticket ?? "")
            case nil: break
            }
        }
    }

    private static func make(_ document: [UInt8], _ plant: PlantFixture, bid: String? = nil) async throws {
        let id = MachineID.new()
        _ = try await plant.client.create(id, document, options: .init(bid: bid))
        #expect(try await plant.client.settled(id).state == .ready)
    }

    private static func first(_ plant: PlantFixture) async throws -> BidNotice {
        guard let feed = try await plant.plant.bidFeed(withProgress: false) else {
            throw ServiceError(.internalError, "no feed")
        }
        let word = try await feed.next()
        await feed.close()
        guard case .notice(let notice) = word.bid, word.progress == nil else {
            throw ServiceError(.internalError, "no notice")
        }
        return notice
    }

    private static func step(_ name: String) -> String { RequestText.action(name, "true \(name)") }

    /// Images of which some hold beginnings of requests.
    private static func publish(in plant: PlantFixture, _ generator: inout SeededGenerator) async throws {
        for number in 1...6 {
            let names = ["a", "b", "c"].prefix(Int.random(in: 0...3, using: &generator))
            try await PlantFixture.publish(
                image: "image-\(number)",
                in: plant.directory,
                history: names.map { PerformedAction(Action(id: $0, operation: .script("true \($0)")), outputs: [:]) },
                memory: "\([8, 24, 40].randomElement(using: &generator) ?? 8)MiB"
            )
        }
    }

    private static func request(_ generator: inout SeededGenerator) -> [UInt8] {
        let steps = ["a", "b", "c", "d"].prefix(Int.random(in: 0...4, using: &generator)).map(step)
        let memory = [nil, 16, 32, 400, 700].randomElement(using: &generator) ?? nil
        return RequestText.document(
            steps,
            image: [nil, "small", "image-1", "image-9"].randomElement(using: &generator) ?? nil,
            hardware: (memory.map { "<memory>\($0)MiB</memory>" } ?? "")
                + "<cpus>\(Int.random(in: 1...3, using: &generator))</cpus>",
            domain: "d\(Int.random(in: 1...3, using: &generator)).example",
            requirements: [nil, nil, "Rack == \"b2\" && Price < 5", "Rack == \"b3\"", "Ssd || Memory >= 1000"]
                .randomElement(using: &generator) ?? nil
        )
    }

    private static let policies = ["vmplants-2004", "time", "least-loaded", "affinity+spread", "threshold:60+price"]

    private static func compare(_ document: [UInt8], _ told: BidNotice, _ plant: PlantFixture) async throws {
        let request = try await RequestParser().read(document)
        let catalogue = BidCatalogue(try #require(told.images))
        let plan = catalogue.plan(request, try #require(told.durations))
        for policy in policies.compactMap(CostPolicy.init(rawValue:)) {
            let asked = try await plant.client.estimate(document, policy: policy)
            guard let bid = asked.bids.first else {
                #expect(refuses(told.function, plan, request), "it bids though the plant says: \(asked.refusals)")
                continue
            }
            let expected = try plan.get()
            #expect(told.function.takes(expected, domain: request.client.domain))
            #expect(told.function.refusals(of: expected, domain: request.client.domain) == [])
            #expect(expected.image == bid.plan.image)
            #expect(expected.reused == bid.plan.reused)
            let load = told.function.load(with: expected, domain: request.client.domain)
            let total = policy.total(of: expected.work.steps, load: load)
            #expect(abs(total - bid.cost.total) < 1e-6, "\(policy.text): \(total), asked \(bid.cost)")
        }
    }

    private static func refuses(
        _ function: BidFunction,
        _ plan: Result<BidPlan, BidCatalogue.Refusal>,
        _ request: Request
    ) -> Bool {
        guard case .success(let plan) = plan else { return true }
        let reasons = function.refusals(of: plan, domain: request.client.domain)
        return !reasons.isEmpty && !function.takes(plan, domain: request.client.domain)
    }
}
