import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat
import ServiceLifecycle
import ShopAPI

/// A machine's events as they happen, as server-sent events (HTML Living Standard, 9.2): the number of an event is its id, so
/// that a reader whose connection broke goes on behind the last one that it saw.
struct EventStream<Service: MachineService>: Sendable {
    let service: Service
    let id: MachineID

    /// So often something is sent where nothing happens, so that nobody on the way takes the connection for dead.
    private static var pulse: Duration { .seconds(15) }
    /// Milliseconds after which a reader comes again.
    private static var retry: Int { 2_000 }

    static var mediaType: String { "text/event-stream" }
    /// What a reader that comes again saw last.
    static var lastEventID: HTTPField.Name? { HTTPField.Name("Last-Event-ID") }

    /// Whether a request asks for a stream and not for a page.
    static func isWanted(by request: Request) -> Bool {
        request.headers[values: .accept].contains { $0.lowercased().contains(mediaType) }
    }

    /// A stream that ends with the machine. Where the machine has ended and nothing is left to tell the answer is 204, by which a
    /// reader knows not to come again.
    ///
    /// - Parameter sequence: The last event that was seen.
    /// - Returns: The answer.
    /// - Throws: ``ServiceError``: the service's.
    func response(after sequence: Int) async throws -> Response {
        let first = try await service.events(of: id, after: sequence, wait: .zero)
        guard !first.isEnd else { return Response(status: .noContent) }
        let body = ResponseBody { writer in
            var (page, last) = (first, sequence)
            var text = "retry: \(Self.retry)\n\n"
            do {
                while true {
                    text += try page.events.map { try $0.streamed }.joined()
                    try await writer.write(ByteBuffer(string: text))
                    last = page.events.last?.sequence ?? last
                    guard let next = await self.page(after: last, page.isOfTheEnd ? .zero : Self.pulse), !next.isEnd
                    else { break }
                    (page, text) = (next, next.events.isEmpty ? ": nothing new\n\n" : "")
                }
            } catch {
                // Who reads no more has gone.
            }
            try await writer.finish(nil)
        }
        let headers: HTTPFields = [.contentType: Self.mediaType, .cacheControl: "no-store"]
        return Response(status: .ok, headers: headers, body: body)
    }

    /// The next events; none in a while without any; nothing when the server stops or the book cannot be read: the reader
    /// comes again.
    private func page(after last: Int, _ wait: Duration) async -> EventPage? {
        await cancelWhenGracefulShutdown { try? await service.events(of: id, after: last, wait: wait) }
    }
}

extension EventPage {
    /// Whether there is nothing more to tell.
    fileprivate var isEnd: Bool { events.isEmpty && isOfTheEnd }

    /// Whether nothing will happen any more.
    fileprivate var isOfTheEnd: Bool { state == .failed || state == .collected }
}

extension MachineEvent {
    /// The event as one of a stream. JSON has no line ends of its own.
    fileprivate var streamed: String {
        get throws { "id: \(sequence)\nevent: \(kind.rawValue)\ndata: \(try WireCoding.text(self))\n\n" }
    }
}
