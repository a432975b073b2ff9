import HTTPTypes
public import Hummingbird
import ShopAPI

/// Reads through which shops a call came, and refuses one that goes in a circle.
public struct PathMiddleware<Context: RequestContext>: RouterMiddleware {
    private let name: String?

    /// - Parameter name: What the service is called in paths; nothing for one that calls no others.
    public init(name: String?) { self.name = name }

    /// Passes the call on with its path.
    @concurrent public func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let text = HTTPField.Name(CallPath.header).flatMap { request.headers[$0] }
        guard let text else { return try await next(request, context) }
        let path = CallPath(header: text)
        if let name { try path.check(at: name) }
        return try await CallPath.$current.withValue(path) { try await next(request, context) }
    }
}
