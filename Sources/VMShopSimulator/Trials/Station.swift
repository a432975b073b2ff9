import Synchronization

/// Somebody who can be called: whichever process listens there.
final class Station: Sendable {
    let name: String
    private let state = Mutex<SimulatedProcess?>(nil)

    /// A station at which nobody listens yet.
    init(_ name: String) { self.name = name }

    /// Who listens.
    var process: SimulatedProcess? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
