import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

extension ServiceConnection {
    /// Reads an answer that goes on, line by line, until it ends.
    ///
    /// - Parameters:
    ///   - path: What is asked for.
    ///   - largest: The longest line in bytes.
    ///   - take: Takes a line without its end.
    /// - Throws: ``ServiceError``: the service's own; `service.timed-out` when nothing came for as long as the deadline;
    ///   what `take` throws.
    func lines(_ path: String, largest: Int, _ take: @escaping @Sendable ([UInt8]) async throws -> Void) async throws {
        guard ServiceAddress.isValid(url) else {
            throw ServiceError(.unreachable, "`\(url)` is not the URL of a service", hint: "it is http://HOST:PORT")
        }
        let alarm = SilenceAlarm()
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await alarm.run(deadline, url) }
                defer { group.cancelAll() }
                let end = ContinuousClock.now + deadline
                let limit = TimeAmount.nanoseconds(Int64(deadline.seconds * 1e9))
                let response = try await http.execute(HTTPClientRequest(url: url + path), timeout: limit)
                guard response.status == .ok else {
                    let body = Array(try await collect(response.body, largest, until: end).readableBytesView)
                    throw errorAnswer(Int(response.status.code), body)
                }
                group.addTask { try await read(response.body, largest, alarm, take) }
                try await group.next()
            }
        } catch {
            throw described(error, largest)
        }
    }

    private func read(
        _ body: HTTPClientResponse.Body,
        _ largest: Int,
        _ alarm: SilenceAlarm,
        _ take: @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        var rest: [UInt8] = []
        for try await bytes in body {
            alarm.hear()
            try Task.checkCancellation()
            var view = bytes.readableBytesView
            while let end = view.firstIndex(of: UInt8(ascii: "\n")) {
                try await take(rest + view[..<end])
                rest = []
                view = view[(end + 1)...]
            }
            rest += view
            guard rest.count <= largest else {
                throw ServiceError(.internalError, "\(url) sends a line of more than \(largest) bytes")
            }
        }
        throw ServiceError(.unreachable, "\(url) stopped telling")
    }
}

/// Goes off when nothing was heard for a while.
private final class SilenceAlarm: Sendable {
    private let heard = Mutex(ContinuousClock.now)

    func hear() { heard.withLock { $0 = .now } }

    func run(_ patience: Duration, _ url: String) async throws {
        while true {
            let end = heard.withLock { $0 } + patience
            guard end > .now else { throw ServiceError(.timedOut, "\(url) told nothing for \(patience.seconds) s") }
            try await Task.sleep(until: end, clock: .continuous)
        }
    }
}
