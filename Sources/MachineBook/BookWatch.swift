public import ServiceLifecycle
import ShopAPI

/// Looks after the disk beneath the book of a service. One that fails ends the service: its manager starts it again, and it goes on from
/// what is on the disk then. One that does not answer is found though nobody else writes (``MachineStore/problem``).
public struct BookWatch<Extra: Codable & Sendable & Hashable>: Service {
    private let store: MachineStore<Extra>
    /// So often something is written.
    private let interval = Duration.seconds(5)

    /// Makes a watch.
    public init(_ store: MachineStore<Extra>) { self.store = store }

    /// Watches until the service is told to stop.
    ///
    /// - Throws: The failure of the disk.
    public func run() async throws {
        let failure = await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask { await BookDisk.awaitFailure() }
                group.addTask {
                    while (try? await ServiceTime.sleep(for: interval)) != nil { store.heart.begin(store.database) }
                    return nil
                }
                defer { group.cancelAll() }
                return await group.next() ?? nil
            }
        }
        if let failure { throw failure }
    }
}
