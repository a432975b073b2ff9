import ClassAds
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("Lists, page by page", .serialized)
struct PageTests {
    @Test(
        "have every machine once, in order, wherever it is and whatever the size of a page",
        arguments: [1, 2, 3, 7, 500]
    )
    func pages(limit: Int) async throws {
        try await Lab.run(3) { lab in
            let shop = try await lab.shop.shop
            for number in 0..<7 {
                for (index, plant) in lab.plants.enumerated() { await plant.bid(total: index == number % 3 ? 1 : 9) }
                _ = try await lab.shop.create(Documents.machine("m\(number)", user: number % 2 == 0 ? "alice" : "bob"))
            }
            let gone = try await lab.shop.create()
            _ = try await shop.collect(gone.id)
            for query in [nil, try Query(parsing: #"Owner == "alice""#)] {
                let whole = try await shop.machines(matching: query, includeGone: false)
                #expect(whole.count == (query == nil ? 7 : 4))
                var page = MachinePage(matching: query, limit: limit)
                var found: [Machine] = []
                repeat {
                    let next = try await shop.page(page)
                    #expect(next.count <= limit)
                    found += next
                    page.after = next.last?.id
                    if next.count < limit { break }
                } while true
                #expect(found.map(\.id) == whole.map(\.id))
                #expect(found.map(\.id) == found.map(\.id).sorted())
            }
        }
    }
}
