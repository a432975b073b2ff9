import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat
import ShopAPI

/// A value as the body of an answer.
struct JSONAnswer: ResponseGenerator {
    private let bytes: ByteBuffer
    private let status: HTTPResponse.Status

    init(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws {
        bytes = ByteBuffer(data: try WireCoding.encode(value))
        self.status = status
    }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: bytes)
        )
    }
}
