import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1
import ShopAPI
import ShopHTTP
import VMShopTesting

/// A stub plant behind HTTP, called without the client of the product.
struct WebService: Sendable {
    let plant: StubPlant
    let server: LocalServer<StubPlant>
    let url: String

    /// An answer.
    struct Answer {
        var status: Int
        var type: String?
        var body: Data

        /// The error it carries.
        var error: ServiceError? { try? WireCoding.decode(ServiceError.self, from: body) }
    }

    /// Runs a test with a service that reads documents of 2,000 bytes at most.
    static func run(
        _ limits: TransportLimits = TransportLimits(largestDocument: 2_000),
        _ body: @Sendable (WebService) async throws -> Void
    ) async throws {
        let plant = StubPlant("plant-1")
        let server = try await LocalServer.started(plant, limits: limits)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(WebService(plant: plant, server: server, url: await server.url)))
        } catch {
            result = .failure(error)
        }
        await server.stop()
        try result.get()
    }

    /// Calls it.
    func call(_ method: String, _ path: String, _ body: HTTPClientRequest.Body? = nil) async throws -> Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = .init(rawValue: method)
        request.body = body
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        return Answer(
            status: Int(response.status.code),
            type: response.headers.first(name: "content-type"),
            body: Data(buffer: bytes)
        )
    }
}
