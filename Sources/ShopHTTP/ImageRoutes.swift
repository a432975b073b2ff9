import HTTPTypes
public import Hummingbird
import NIOCore
public import ShopAPI

/// The routes of a plant's images: decode, call, encode, nothing else.
public struct ImageRoutes: Sendable {
    private let service: any ImageService

    /// Routes to a service.
    public init(_ service: any ImageService) { self.service = service }

    /// Adds the routes to a router, below the version of the contract.
    public func add(to router: Router<BasicRequestContext>) {
        let group = router.group("\(ShopAPI.version)/images")
        group.get(use: list)
        group.get("{name}/{digest}", use: manifest)
        group.get("{name}/{digest}/files/{file}", use: file)
        group.post("{name}/fetch", use: fetch)
    }

    @Sendable private func list(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let tagged = try await service.offers()
        let unchanged = request.headers[.ifNoneMatch]?.split(separator: ",").contains { candidate in
            candidate.drop { $0 == " " }.elementsEqual(tagged.tag)
        }
        guard unchanged != true else { return Response(status: .notModified, headers: [.eTag: tagged.tag]) }
        var response = try JSONAnswer(tagged.offers).response(from: request, context: context)
        response.headers[.eTag] = tagged.tag
        return response
    }

    @Sendable private func manifest(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let bytes = try await service.manifest(of: version(context))
        return Response(
            status: .ok,
            headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }

    @Sendable private func file(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let digest = try digest(context, "file")
        let file = try await service.file(digest, of: version(context))
        var headers: HTTPFields = [
            .contentType: "application/octet-stream", .acceptRanges: "bytes", .eTag: "\"\(digest)\"",
        ]
        switch ByteRange(request.headers[.range], of: file.bytes) {
        case .whole:
            return Response(status: .ok, headers: headers, body: Self.body(file, 0..<file.bytes))
        case .part(let range):
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.bytes)"
            return Response(status: .partialContent, headers: headers, body: Self.body(file, range))
        case .unsatisfiable:
            return Response(status: .rangeNotSatisfiable, headers: [.contentRange: "bytes */\(file.bytes)"])
        }
    }

    @Sendable private func fetch(_ request: Request, _ context: BasicRequestContext) async throws -> JSONAnswer {
        let replace: Bool
        switch request.uri.queryParameters.get("replace") {
        case nil, "no": replace = false
        case "yes": replace = true
        default: throw ServiceError(.callInvalid, "the parameter `replace` must be yes or no")
        }
        return try JSONAnswer(await service.fetch(name(context), replace: replace), status: .accepted)
    }
}

extension ImageRoutes {
    private static let pieceSize = 1 << 18

    /// Part of a file; a piece is read when the one before it has been taken, so a slow reader holds one piece in memory.
    private static func body(_ file: any ReadableFile, _ range: Range<Int>) -> ResponseBody {
        ResponseBody(contentLength: range.count) { writer in
            var position = range.lowerBound
            while position < range.upperBound {
                let count = min(pieceSize, range.upperBound - position)
                try await writer.write(ByteBuffer(bytes: try await file.read(count, at: position)))
                position += count
            }
            try await writer.finish(nil)
        }
    }

    private func version(_ context: BasicRequestContext) throws -> ImageVersionName {
        ImageVersionName(name: try name(context), digest: try digest(context, "digest"))
    }

    private func name(_ context: BasicRequestContext) throws -> String {
        let name = try context.parameters.require("name")
        guard name.utf8.count <= 255 else { throw ServiceError(.callInvalid, "the name of an image is too long") }
        return name
    }

    private func digest(_ context: BasicRequestContext, _ parameter: String) throws -> String {
        let text = try context.parameters.require(parameter)
        let digits = text.utf8.dropFirst("sha256:".utf8.count)
        guard text.hasPrefix("sha256:"), digits.count == 64,
            digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { throw ServiceError(.callInvalid, "a digest is sha256: and 64 hexadecimal digits") }
        return text
    }
}
