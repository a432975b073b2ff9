public import ShopAPI
import Synchronization

/// The machines that something happened to, for somebody who tells others of them. Made by ``MachineStore/watch(_:)``.
public final class ChangedMachines: Sendable {
    private let ids = Mutex<Set<MachineID>>([])
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    /// Adds a machine, and tells who watches.
    public func add(_ id: MachineID) {
        ids.withLock { _ = $0.insert(id) }
        wake()
    }

    /// The machines since this was asked last.
    public func take() -> Set<MachineID> {
        ids.withLock { ids in
            defer { ids = [] }
            return ids
        }
    }
}
