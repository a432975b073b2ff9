import Dispatch
import Glibc
import NFTables
import Synchronization

@testable import NetStore

/// libnftables in this process, but in the network namespace of a lab: on a thread that moves there and ends.
struct NamespacedRules: RuleRunner {
    let namespace: String

    func run(_ commands: String, json: Bool) async throws(NFTablesError) -> String {
        try await perform { () throws(NFTablesError) in try NFTables.runBlocking(commands, json: json) }
    }

    func generation() async throws(NFTablesError) -> UInt32? {
        UInt32(try await perform { () throws(NFTablesError) in String(try NFTables.generationBlocking()) })
    }

    private func perform(
        _ body: @escaping @Sendable () throws(NFTablesError) -> String
    ) async throws(NFTablesError) -> String {
        let work = Work(namespace: namespace, body: body)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            work.continuation.withLock { $0 = continuation }
            var thread = pthread_t()
            pthread_create(
                &thread,
                nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().perform()
                    return nil
                },
                Unmanaged.passRetained(work).toOpaque()
            )
            pthread_detach(thread)
        }
        guard let result = work.result.withLock({ $0 }) else {
            throw NFTablesError(commands: "", message: "no result")
        }
        return try result.get()
    }

    private final class Work: Sendable {
        let namespace: String
        let body: @Sendable () throws(NFTablesError) -> String
        let continuation = Mutex<CheckedContinuation<Void, Never>?>(nil)
        let result = Mutex<Result<String, NFTablesError>?>(nil)

        init(namespace: String, body: @escaping @Sendable () throws(NFTablesError) -> String) {
            self.namespace = namespace
            self.body = body
        }

        func perform() {
            let outcome = Result { () throws(NFTablesError) -> String in
                guard enter() else { throw NFTablesError(commands: "", message: "cannot enter \(namespace)") }
                return try body()
            }
            result.withLock { $0 = outcome }
            continuation.withLock { $0 }?.resume()
        }

        /// `setns` is behind _GNU_SOURCE, so Swift's Glibc module does not show it.
        private func enter() -> Bool {
            typealias SetNamespace = @convention(c) (CInt, CInt) -> CInt
            guard let symbol = dlsym(nil, "setns") else { return false }
            let file = open("/run/netns/" + namespace, O_RDONLY | O_CLOEXEC)
            defer { close(file) }
            return file >= 0 && unsafeBitCast(symbol, to: SetNamespace.self)(file, 0) == 0
        }
    }
}
