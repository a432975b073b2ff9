import HTTPTypes
public import Hummingbird
import Logging
import ShopAPI

/// Answers every error as JSON with a code of the catalogue. What is unknown becomes `internal` with the request's id;
/// its details go to the log only.
public struct ErrorMiddleware<Context: RequestContext>: RouterMiddleware {
    /// A middleware; it belongs outermost.
    public init() {}

    /// Passes the call on and turns what it throws into an answer.
    @concurrent public func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let failure = Self.describe(error, request, context)
            // The server's own errors, an unknown path say, keep their status.
            let status = (error as? HTTPError)?.status ?? HTTPResponse.Status(code: failure.code.httpStatus)
            var response = try JSONAnswer(failure, status: status).response(from: request, context: context)
            if failure.code == .overloaded { response.headers[.retryAfter] = "\(ShopAPI.secondsUntilRetry)" }
            // A body after HEAD would be taken for the next answer of the connection.
            return request.method == .head ? response.createHeadResponse() : response
        }
    }

    private static func describe(_ error: any Error, _ request: Request, _ context: Context) -> ServiceError {
        switch error {
        case let error as ServiceError: return error
        case let error as HTTPError where error.status == .notFound:
            return ServiceError(
                .callInvalid,
                "there is no \(request.method) \(request.uri.path)",
                hint: "see schemas/openapi.yaml"
            )
        case let error as HTTPError:
            return ServiceError(.callInvalid, error.body ?? "\(error.status)")
        case is CancellationError:
            return ServiceError(.unavailable, "the service is stopping", hint: "repeat the call, it is idempotent")
        default:
            context.logger.error("call failed", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
            return ServiceError(.internalError, "the service failed; its log has the details under \(context.id)")
        }
    }
}
