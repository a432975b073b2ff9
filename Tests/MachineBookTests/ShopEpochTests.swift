import GRDB
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@Suite("starts of shops")
struct ShopEpochTests {
    private static func refused(_ epochs: ShopEpochs, _ epoch: ShopEpoch) async -> ErrorCode? {
        do {
            try await epochs.admit(epoch)
            return nil
        } catch {
            return (error as? ServiceError)?.code
        }
    }

    @Test("the last one that was heard of, and later ones, are taken; what came before is refused, of that shop alone")
    func order() async throws {
        let epochs = ShopEpochs(try BookDatabase.inMemory { _ in })
        for number: Int64 in [5, 5, 7, 7] {
            #expect(await Self.refused(epochs, ShopEpoch(shop: "shop@1", number: number)) == nil)
        }
        #expect(await Self.refused(epochs, ShopEpoch(shop: "shop@1", number: 6)) == .superseded)
        #expect(await Self.refused(epochs, ShopEpoch(shop: "shop@2", number: 6)) == nil)
        #expect(await Self.refused(epochs, ShopEpoch(shop: "shop@1", number: 7)) == nil)
    }

    @Test("are known still when the service is started anew")
    func durability() async throws {
        let book = try BookDatabase.inMemory { _ in }
        try await ShopEpochs(book).admit(ShopEpoch(shop: "shop@1", number: 7))
        #expect(await Self.refused(ShopEpochs(book), ShopEpoch(shop: "shop@1", number: 6)) == .superseded)
        #expect(await Self.refused(ShopEpochs(book), ShopEpoch(shop: "shop@1", number: 8)) == nil)
    }

    @Test(
        "of more than a thousand shops, those that come last are taken without being remembered, and make no other forgotten"
    )
    func bound() async throws {
        let book = try BookDatabase.inMemory { _ in }
        let epochs = ShopEpochs(book)
        for number in 1...1_010 { try await epochs.admit(ShopEpoch(shop: "shop@\(number)", number: 7)) }
        #expect(try await book.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM shopEpoch") } == 1_000)
        #expect(await Self.refused(epochs, ShopEpoch(shop: "shop@1", number: 6)) == .superseded)
        #expect(await Self.refused(epochs, ShopEpoch(shop: "shop@1010", number: 6)) == nil)
    }

    @Test("one that is still to come is refused, and shuts nobody out")
    func future() async throws {
        let epochs = ShopEpochs(try BookDatabase.inMemory { _ in })
        let soon = Timestamp.now.advanced(by: .seconds(3_600)).milliseconds * 1_000
        #expect(await Self.refused(epochs, ShopEpoch(shop: "shop@1", number: .max)) == .callInvalid)
        #expect(await Self.refused(epochs, ShopEpoch(shop: "shop@1", number: soon * 2)) == .callInvalid)
        #expect(await Self.refused(epochs, ShopEpoch(shop: "shop@1", number: soon)) == nil)
    }

    @Test("one that could not be written is written when it comes again")
    func failure() async throws {
        let book = try BookDatabase.inMemory { _ in }
        let epochs = ShopEpochs(book)
        try await epochs.admit(ShopEpoch(shop: "shop@1", number: 6))
        try await book.write { try $0.execute(sql: "ALTER TABLE shopEpoch RENAME TO other") }
        await #expect(throws: DatabaseError.self) { try await epochs.admit(ShopEpoch(shop: "shop@1", number: 7)) }
        #expect(await Self.refused(epochs, ShopEpoch(shop: "shop@1", number: 6)) == .superseded)
        try await book.write { try $0.execute(sql: "ALTER TABLE other RENAME TO shopEpoch") }
        try await epochs.admit(ShopEpoch(shop: "shop@1", number: 7))
        #expect(await Self.refused(ShopEpochs(book), ShopEpoch(shop: "shop@1", number: 6)) == .superseded)
    }

    @Test(
        "a header says a name and a number, or nothing",
        arguments: ["", "shop", "shop x", "shop 0", "shop -1", "a b 3", String(repeating: "s", count: 201) + " 3"]
    )
    func header(text: String) {
        #expect(ShopEpoch(header: text) == nil)
        let epoch = ShopEpoch(shop: "shop@k1", number: 1_764_444_444_000)
        #expect(ShopEpoch(header: epoch.headerText) == epoch)
    }
}
