import HTTPTypes
public import Hummingbird
public import ShopAPI

/// Reads through which shops a call came, and refuses one that goes in a circle or is of a shop that was started anew since.
public struct CallerMiddleware<Context: RequestContext>: RouterMiddleware {
    private let name: String?
    private let admit: @Sendable (ShopEpoch) async throws -> Void

    /// - Parameters:
    ///   - name: What the service is called in paths; nothing for one that calls no others.
    ///   - admit: Refuses calls of a start of a shop that is over.
    public init(name: String?, admit: @escaping @Sendable (ShopEpoch) async throws -> Void = { _ in }) {
        (self.name, self.admit) = (name, admit)
    }

    /// Passes the call on with its path.
    @concurrent public func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = HTTPField.Name(ShopEpoch.header).flatMap { request.headers[$0] }
        guard let epoch = start.flatMap(ShopEpoch.init(header:)) else { return try await pass(request, context, next) }
        try await admit(epoch)
        return try await ShopEpoch.$current.withValue(epoch) { try await pass(request, context, next) }
    }

    private func pass(
        _ request: Request,
        _ context: Context,
        _ next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let text = HTTPField.Name(CallPath.header).flatMap { request.headers[$0] }
        guard let text else { return try await next(request, context) }
        let path = CallPath(header: text)
        if let name { try path.check(at: name) }
        return try await CallPath.$current.withValue(path) { try await next(request, context) }
    }
}
