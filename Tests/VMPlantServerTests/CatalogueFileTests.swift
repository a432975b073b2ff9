import FoundationEssentials
import Testing
import VMShopTesting
import Warehouse

@testable import VMPlantServer

@Suite("The kept index of the warehouse")
struct CatalogueFileTests {
    private func values(_ file: CatalogueFile) throws -> (heading: [UInt8]?, values: [[UInt8]]) {
        var values: [[UInt8]] = []
        let heading = try file.load { values.append($0) }
        return (heading, values.sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test("is as it was after a start, and after the file was spoilt or lost it is begun anew")
    func restart() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory("index.sqlite")
            let first = CatalogueFile(path: path)
            #expect(try self.values(first).heading == nil)
            try first.save(CatalogueChange(heading: [1], values: ["a": [1], "b": [2, 2], "c": [3]], isWhole: false))
            try first.save(CatalogueChange(heading: [2], values: ["a": [UInt8]?.none, "b": [9]], isWhole: false))
            let second = CatalogueFile(path: path)
            #expect(try self.values(second).heading == [2])
            #expect(try self.values(second).values == [[3], [9]])
            try second.save(CatalogueChange(heading: [3], values: ["d": [4]], isWhole: true))
            #expect(try self.values(second).values == [[4]])

            let noDatabase = Data("no database, but long enough to look like a file".utf8)
            try noDatabase.write(to: URL(filePath: directory("spoilt")))
            let spoilt = CatalogueFile(path: directory("spoilt"))
            #expect(try self.values(spoilt).heading == nil)
            try spoilt.save(CatalogueChange(heading: [1], values: [:], isWhole: true))
            #expect(try self.values(spoilt).heading == [1])
        }
    }
}
