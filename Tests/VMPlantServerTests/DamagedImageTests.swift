import FoundationEssentials
import ShopAPI
import Testing
import VMShopTesting
import Warehouse

@testable import VMPlantServer

@Suite("an image that is not what was published", .timeLimit(.minutes(2)))
struct DamagedImageTests {
    @Test("is refused with the reason, and another one is taken where the request leaves the choice")
    func refusal() async throws {
        try await PlantFixture.with { plant in
            try await PlantFixture.publish(image: "other", in: plant.directory)
            let named = RequestText.document()
            #expect(try await plant.client.estimate(named, policy: nil).bids.first?.plan.image == "small")
            let disk = try await Warehouse(directory: plant.directory("warehouse")).image(named: "small").diskPath
            try damage(disk)

            let error = await expect(code: .refused) {
                try await plant.client.create(.new(), named, options: .init())
            }
            let reasons = try #require(error?.refusals?.first?.reasons)
            #expect(reasons.contains { $0.contains("small cannot be used") && $0.contains("digest") }, "\(reasons)")
            let free = RequestText.document(image: nil)
            #expect(try await plant.client.estimate(free, policy: nil).bids.first?.plan.image == "other")
        }
    }

    /// Changes the last byte of a file, which nobody looks at in a header.
    private func damage(_ path: String) throws {
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        bytes[bytes.count - 1] ^= 1
        try FileManager.default.removeItem(atPath: path)
        try Data(bytes).write(to: URL(filePath: path))
    }
}
