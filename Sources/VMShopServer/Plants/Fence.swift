import ServiceLifecycle
import ShopAPI
import Synchronization

/// Ends a shop when a plant says that the shop was started anew elsewhere: it says nothing to any plant any more.
final class Fence: Service, Sendable {
    private let state = Mutex<ServiceError?>(nil)
    private let (news, herald) = AsyncStream.makeStream(of: ServiceError.self, bufferingPolicy: .bufferingOldest(1))

    /// What those are told who ask this shop for something: it is about this process, and nobody else's affair.
    static let silence = ServiceError(
        .unavailable,
        "this process of the shop is ending: the shop was started anew elsewhere",
        hint: "ask again: the other process answers"
    )

    /// Why this shop must say nothing any more; nothing as long as it may.
    var reason: ServiceError? { state.withLock { $0 } }

    /// A plant refuses what this shop says.
    func close(_ error: ServiceError) {
        let isFirst = state.withLock { reason in
            defer { reason = reason ?? error }
            return reason == nil
        }
        if isFirst { herald.yield(error) }
    }

    /// Waits until the shop is stopped, or must stop.
    ///
    /// - Throws: Why it must.
    func run() async throws {
        let reason = await cancelWhenGracefulShutdown { [news] in await news.first { _ in true } }
        if let reason { throw reason }
    }
}
