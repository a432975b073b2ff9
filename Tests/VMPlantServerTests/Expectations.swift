import Hypervisor
import NetStore
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

extension PlantFixture {
    /// The inside of the plant.
    var plant: Plant { service.plant }

    /// Expects that no machine holds anything: in the book, in the file system, or on the hypervisor.
    func expectNothingLeft(_ location: SourceLocation = #_sourceLocation) async throws {
        let census = try PlantCensus(directory)
        #expect(census.isEmpty, "\(census)", sourceLocation: location)
        let host = plant.parts.host
        #expect(try await host.hypervisor.marked().isEmpty, sourceLocation: location)
        #expect(try await host.networks.list().isEmpty, sourceLocation: location)
    }
}

/// Expects a ``ServiceError`` of a code, and gives it back for a closer look.
@discardableResult
func expect<Value>(
    code: ErrorCode,
    _ location: SourceLocation = #_sourceLocation,
    _ call: () async throws -> Value
) async -> ServiceError? {
    let error = await #expect(throws: ServiceError.self, sourceLocation: location) { _ = try await call() }
    #expect(error?.code == code, "\(error.map { "\($0)" } ?? "")", sourceLocation: location)
    return error
}
