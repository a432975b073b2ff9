import ClassAds
import CostModel
import DAGModel
import Foundation
import Testing

@Suite("Suppositions")
struct SupposedSiteTests {
    @Test(
        "are read and written as texts, on the wire too",
        arguments: ["drain=plant-1", "plant=new:plant-1", "image=debian-12", "checkpoint=a.b"]
    )
    func texts(text: String) throws {
        let supposition = try #require(Supposition(rawValue: text))
        #expect(supposition.rawValue == text)
        let wire = try JSONEncoder().encode([supposition])
        #expect(String(decoding: wire, as: UTF8.self) == "[\"\(text)\"]")
        #expect(try JSONDecoder().decode([Supposition].self, from: wire) == [supposition])
    }

    @Test(
        "are not everything",
        arguments: ["", "drain", "drain=", "drain=a:b", "plant=new", "plant=a:b:c", "x=y", "image=a,b"]
    )
    func others(text: String) { #expect(Supposition(rawValue: text) == nil) }

    private static func plant(_ name: String, images: [BidImage] = [image("small")]) -> SupposedSite.Plant {
        var function = BidFunction(plant: name, capacity: PlantCapacity(machines: 1))
        function.promised.machines = 1
        function.networks = ["lab.example": 3]
        (function.machinesOfDomain, function.freeForNewDomain) = (["lab.example": 1], 0)
        (function.refusals, function.ticket) = (["it is cordoned"], "ticket")
        function.attributes = Attributes(["Plant": .string(name), "Rack": .string("b12")])
        let list = BidImages(clone: .overlay, defaultMemory: 1 << 28, images: images)
        return .init(url: "http://" + name, notice: BidNotice(function: function, images: list, durations: .init()))
    }

    private static func image(_ name: String, transfer: TransferWork? = nil) -> BidImage {
        BidImage(
            name: name,
            answersTo: [name],
            root: name,
            needs: HardwareNeeds(architecture: "x86_64", disk: ByteCount(bytes: 1 << 20)),
            bytes: 1 << 20,
            history: [],
            transfer: transfer
        )
    }

    private static func request(_ actions: String = "", edges: String = "") throws -> Request {
        try RequestParser().parse(
            Array(
                """
                <request xmlns="urn:vmshop:request:1"><client domain="lab.example"/><start><image name="small"/></start>
                <actions>\(actions)</actions>\(edges)</request>
                """.utf8
            )
        )
    }

    private static func site(
        _ texts: String...,
        of plants: [SupposedSite.Plant],
        for request: Request
    ) throws -> SupposedSite {
        var site = SupposedSite(plants)
        for text in texts { site.suppose(try #require(Supposition(rawValue: text)), for: request) }
        return site
    }

    @Test("of a plant like another: what the host is stays, what was on it goes")
    func added() throws {
        let site = try Self.site("plant=new:old", of: [Self.plant("old")], for: Self.request())
        #expect(site.plants.map(\.url) == ["http://old", "new"])
        let function = site.plants[1].notice.function
        #expect(function.plant == "new" && function.refusals.isEmpty && function.promised.machines == 0)
        #expect(function.networks.isEmpty && function.machinesOfDomain.isEmpty && function.freeForNewDomain == 4)
        #expect(function.attributes == Attributes(["Plant": .string("new"), "Rack": .string("b12")]))
        #expect(function.capacity == site.plants[0].notice.function.capacity)
        #expect(site.plants.allSatisfy { $0.notice.function.ticket == nil })
    }

    @Test("of an image at every plant: it is at each, without a transfer")
    func everywhere() throws {
        let far = Self.image(
            "big",
            transfer: TransferWork(image: "big", source: "b", bytes: 1 << 30, bytesPerSecond: 1e6, basis: "a test")
        )
        let plants = [
            Self.plant("a", images: [Self.image("small"), far]), Self.plant("b"),
            Self.plant("c", images: [Self.image("big")]),
        ]
        let site = try Self.site("image=big", of: plants, for: Self.request())
        for plant in site.plants {
            let found = plant.notice.images?.images.filter { $0.name == "big" } ?? []
            #expect(found.count == 1 && found[0].transfer == nil)
        }
    }

    @Test("of what an action leaves behind: the image holds what came before it, in an order that the edges allow")
    func checkpoint() throws {
        let actions = ["d", "c", "b", "a"].map { "<action id='\($0)'><script>\($0)</script></action>" }.joined()
        let request = try Self.request(
            actions,
            edges: "<edges><edge from='a' to='b'/><edge from='b' to='c'/><edge from='a' to='d'/></edges>"
        )
        let site = try Self.site("checkpoint=b", of: [Self.plant("p")], for: request)
        let notice = site.plants[0].notice
        let plan = try BidCatalogue(#require(notice.images)).plan(request, BidDurations()).get()
        #expect(plan.reused == ["b", "a"] && plan.work.actions.map(\.id) == ["d", "c"])
        let kept = try #require(notice.images?.images.last)
        #expect(request.graph.match(kept.history).isPrefix)
    }

    @Test(
        "about what is not there change nothing, and are not counted",
        arguments: ["drain=x", "plant=y:x", "plant=p:p", "image=x"]
    )
    func vain(text: String) throws {
        let site = try Self.site(text, of: [Self.plant("p")], for: Self.request())
        #expect(site.supposed.isEmpty && site.plants.count == 1)
        #expect(site.plants[0].notice.function.refusals == ["it is cordoned"])
    }
}

extension HistoryMatch {
    fileprivate var isPrefix: Bool { if case .misfit = self { false } else { true } }
}
