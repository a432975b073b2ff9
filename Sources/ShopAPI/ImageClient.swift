public import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// The images of a plant, over HTTP. What comes is not checked here, but for its length: who fetches compares digests.
public struct ImageClient: Sendable {
    /// Where the plant listens.
    public let url: String
    private let connection: ServiceConnection
    /// How long a download may bring nearly nothing before it is given up.
    private let patience: Duration

    /// A client of the plant at `url`.
    ///
    /// - Parameters:
    ///   - url: Scheme, host and port.
    ///   - http: The connections to use; whoever made it shuts it down.
    ///   - deadline: The longest a call may take that is no download.
    ///   - patience: How long a download may bring nearly nothing.
    public init(url: String, http: HTTPClient, deadline: Duration = .seconds(5), patience: Duration = .seconds(10)) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.connection = ServiceConnection(url: self.url, http: http, deadline: deadline)
        self.patience = patience
    }

    /// What the plant offers, or nothing when that has not changed since `tag`.
    public func offers(unless tag: String?) async throws -> TaggedOffers? {
        var request = request(.GET, "/images")
        if let tag { request.headers.add(name: "If-None-Match", value: tag) }
        let answer = try await connection.send(request, Self.largestList)
        if answer.status == 304 { return nil }
        let offers: ImageOffers = try decode(answer.body)
        return TaggedOffers(offers: offers, tag: answer.headers.first(name: "ETag") ?? "")
    }

    /// The manifest of a version.
    public func manifest(of version: ImageVersionName) async throws -> [UInt8] {
        try await connection.send(request(.GET, Self.path(version)), Self.largestManifest).body
    }

    /// Begins to fetch an image there, or says how far that has come.
    public func fetch(_ image: String, replace: Bool) async throws -> [ImageTransfer] {
        let path = "/images/" + ServiceConnection.percentEncoded(image) + "/fetch"
        let parameters = ServiceConnection.queryString(["replace": replace ? "yes" : nil])
        return try decode(await connection.send(request(.POST, path + parameters), Self.largestManifest).body)
    }

    /// Reads a file of a version, from an offset to its end.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - version: A version that it is of.
    ///   - offset: The first byte that is wanted.
    ///   - begin: Told before the first bytes where they begin: at the offset, or at 0 where the plant sends all of it.
    ///   - take: Takes the bytes, in order.
    /// - Throws: ``ServiceError``: the plant's own; `service.timed-out` when the bytes stop coming or end too soon. What was taken
    ///   until then is right or wrong, the digest will tell.
    public func read(
        _ file: OfferedFile,
        of version: ImageVersionName,
        from offset: Int,
        begin: @escaping @Sendable (Int) async throws -> Void,
        take: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        let progress = Progress()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await download(file, of: version, from: offset, begin) { bytes in
                    try await take(bytes)
                    progress.add(bytes.count)
                }
            }
            group.addTask { try await progress.watch(patience, url) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}

extension ImageClient {
    private static let largestList = 64 << 20
    private static let largestManifest = 8 << 20
    /// What comes is handed on in pieces of this size.
    private static let pieceSize = 1 << 18

    private static func path(_ version: ImageVersionName) -> String {
        "/images/" + ServiceConnection.percentEncoded(version.name) + "/" + version.digest
    }

    private func request(_ method: HTTPMethod, _ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url + "/" + ShopAPI.version + path)
        request.method = method
        return request
    }

    private func decode<Value: Decodable>(_ body: [UInt8]) throws -> Value {
        do { return try WireCoding.decode(Value.self, from: body) } catch {
            throw ServiceError(.internalError, "\(url) answered something that cannot be read: \(error)")
        }
    }

    private func download(
        _ file: OfferedFile,
        of version: ImageVersionName,
        from offset: Int,
        _ begin: @Sendable (Int) async throws -> Void,
        _ take: @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        var request = request(.GET, Self.path(version) + "/files/" + file.digest)
        if offset > 0 { request.headers.add(name: "Range", value: "bytes=\(offset)-") }
        let response = try await answer(to: request)
        let first = try first(of: response.headers, Int(response.status.code), file, wanted: offset)
        try await begin(first)
        var left = file.bytes - first
        var piece: [UInt8] = []
        do {
            for try await bytes in response.body {
                left -= bytes.readableBytes
                guard left >= 0 else { throw wrong("sent more than the \(file.bytes) bytes of a file") }
                piece.append(contentsOf: bytes.readableBytesView)
                guard piece.count >= Self.pieceSize else { continue }
                do { try await take(piece) } catch { throw NotTaken(reason: error) }
                piece.removeAll(keepingCapacity: true)
            }
        } catch let error as NotTaken {
            throw error.reason
        } catch {
            // What came before the connection broke need not come again.
            try await take(piece)
            throw connection.described(error)
        }
        try await take(piece)
        guard left == 0 else { throw broken("ended a file \(left) bytes too soon") }
    }

    /// What kept the receiver from taking bytes: that is no failure of the connection.
    private struct NotTaken: Error {
        let reason: any Error
    }

    private func answer(to request: HTTPClientRequest) async throws -> HTTPClientResponse {
        do {
            // However large the file is: bytes that stop coming end it sooner.
            let response = try await connection.http.execute(request, timeout: .hours(24))
            let status = Int(response.status.code)
            guard status >= 400 else { return response }
            let body = try await response.body.collect(upTo: 1 << 16)
            throw connection.errorAnswer(status, Array(body.readableBytesView))
        } catch {
            throw connection.described(error)
        }
    }

    private func first(
        of headers: HTTPHeaders,
        _ status: Int,
        _ file: OfferedFile,
        wanted offset: Int
    ) throws -> Int {
        guard status == 206 else { return 0 }
        guard let range = ByteRange.content(headers.first(name: "Content-Range")), range.size == file.bytes,
            range.first == offset
        else { throw wrong("sent another part of a file than was asked for") }
        return offset
    }

    /// What no second attempt mends.
    private func wrong(_ what: String) -> ServiceError { ServiceError(.internalError, "\(url) \(what)") }

    private func broken(_ what: String) -> ServiceError { ServiceError(.timedOut, "\(url) \(what)") }
}

/// Bytes that came, and whether they still do.
private final class Progress: Sendable {
    /// Bytes within a time of patience; fewer are as good as none.
    private static let least = 4096
    private let bytes = Atomic<Int>(0)

    func add(_ count: Int) { bytes.add(count, ordering: .relaxed) }

    /// Throws when the bytes stop coming.
    func watch(_ patience: Duration, _ url: String) async throws {
        var seen = 0
        while true {
            try await Task.sleep(for: patience)
            let now = bytes.load(ordering: .relaxed)
            guard now - seen >= Self.least else {
                throw ServiceError(.timedOut, "\(url) sent \(now - seen) bytes within \(patience.seconds) s")
            }
            seen = now
        }
    }
}
