import AsyncHTTPClient
import FoundationEssentials
import Glibc
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1
import NIOPosix

/// Calls to one service over HTTP, each with its deadline; what goes wrong becomes a ``ServiceError``.
struct ServiceConnection: Sendable {
    /// What came back.
    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: [UInt8]
    }

    let url: String
    let http: HTTPClient
    let deadline: Duration

    /// Sends a request and reads the answer.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - largest: The most bytes that are read.
    /// - Returns: Status, headers and body of an answer that is no error.
    /// - Throws: ``ServiceError``: the service's own, or why there was no answer.
    func send(_ request: HTTPClientRequest, _ largest: Int) async throws -> Answer {
        guard ServiceAddress.isValid(url) else {
            throw ServiceError(.unreachable, "`\(url)` is not the URL of a service", hint: "it is http://HOST:PORT")
        }
        let end = ContinuousClock.now + deadline
        do {
            let limit = TimeAmount.nanoseconds(Int64(deadline.seconds * 1e9))
            let response = try await http.execute(request, timeout: limit)
            // The library's time limit ends with the head of the answer; the body must come in time, too.
            let body = Array(try await collect(response.body, largest, until: end).readableBytesView)
            let status = Int(response.status.code)
            guard status < 400 else { throw errorAnswer(status, body) }
            return Answer(status: status, headers: response.headers, body: body)
        } catch {
            throw described(error, largest)
        }
    }

    /// What went wrong, as far as it tells whether anything was sent.
    func described(_ error: any Error, _ largest: Int = 0) -> any Error {
        switch error {
        case is ServiceError, is CancellationError: return error
        case let error as HTTPClientError where error == .cancelled:
            return CancellationError()
        case let error as HTTPClientError where error == .getConnectionFromPoolTimeout:
            // That many calls are waiting for answers already: this says nothing about the service.
            return ServiceError(.unavailable, "no connection to \(url) was free")
        case let error as HTTPClientError where Self.nothingSent.contains(error):
            return ServiceError(.unreachable, "\(url) cannot be reached: \(error)", hint: Self.reachHint)
        case let error as HTTPClientError where Self.outOfTime.contains(error):
            return ServiceError(.timedOut, "\(url) did not answer within \(deadline.seconds) s")
        case _ where Self.isConnectionFailure(error):
            return ServiceError(.unreachable, "\(url) cannot be reached: \(error)", hint: Self.reachHint)
        case is NIOTooManyBytesError:
            return ServiceError(.internalError, "\(url) answered with more than \(largest) bytes")
        default:
            return ServiceError(.timedOut, "the connection to \(url) broke: \(error)")
        }
    }

    /// Reads a body that must have come by a time.
    func collect(
        _ body: HTTPClientResponse.Body,
        _ largest: Int,
        until end: ContinuousClock.Instant
    ) async throws -> ByteBuffer {
        do {
            return try await ending(by: end) { try await body.collect(upTo: largest) }
        } catch is DeadlinePassed {
            throw HTTPClientError.deadlineExceeded
        }
    }

    private static let nothingSent: [HTTPClientError] = [.connectTimeout, .invalidURL, .emptyHost]
    private static let outOfTime: [HTTPClientError] = [.deadlineExceeded, .readTimeout, .writeTimeout]
    private static let reachHint = "is the service running, and is the address right?"

    private static func isConnectionFailure(_ error: any Error) -> Bool {
        if error is NIOConnectionError { return true }
        guard let error = error as? IOError else { return false }
        return [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH].contains(error.errnoCode)
    }

    /// The error that an answer is.
    func errorAnswer(_ status: Int, _ body: [UInt8]) -> ServiceError {
        if let error = try? WireCoding.decode(ServiceError.self, from: body) { return error }
        let text = String(decoding: body.prefix(200), as: UTF8.self)
        return ServiceError(.internalError, "\(url) answered HTTP \(status): \(text)")
    }

    /// Parameters as the end of a URL.
    static func queryString(_ parameters: [String: String?]) -> String {
        let pairs = parameters.sorted { $0.key < $1.key }.compactMap { name, value in
            value.map { name + "=" + percentEncoded($0) }
        }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }

    // RFC 3986: everything but the unreserved characters is encoded.
    static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { result, byte in
            let scalar = Unicode.Scalar(byte)
            if scalar.isASCII,
                scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "-._~".unicodeScalars.contains(scalar)
            {
                result.unicodeScalars.append(scalar)
            } else {
                result += "%" + String(digits[Int(byte >> 4)]) + String(digits[Int(byte & 15)])
            }
        }
    }
}
