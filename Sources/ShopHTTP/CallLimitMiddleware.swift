import HTTPTypes
public import Hummingbird
import ShopAPI
import Synchronization

/// Answers no more calls at a time than a limit: over it, a call is refused at once, before anything is read of it. Who waits
/// for events, and who asks how the service stands, is not counted.
public final class CallLimitMiddleware<Context: RequestContext>: RouterMiddleware {
    private let limit: Int
    private let underWay = Mutex(0)

    /// A middleware that lets so many calls through at a time.
    public init(limit: Int) { self.limit = limit }

    /// Passes the call on, if there is room.
    @concurrent public func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        guard !path.hasSuffix("/events"), !path.hasSuffix("/status") else { return try await next(request, context) }
        let isTaken = underWay.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
        guard isTaken else {
            throw ServiceError(
                .overloaded,
                "the service is answering \(limit) calls, as many as it does at a time",
                hint: "try the same call again in a moment"
            )
        }
        defer { underWay.withLock { $0 -= 1 } }
        return try await next(request, context)
    }
}
