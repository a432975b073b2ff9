import Synchronization

/// The plants of a shop: those of its settings in their order, then those that joined, in the order in which they did.
final class PlantList: Sendable {
    private struct State {
        var urls: [String]
        var known: Set<String>
        /// The URLs of those that joined, by name.
        var joined: [String: String] = [:]
        /// How often it changed.
        var version = 0
    }

    private let state: Mutex<State>

    /// A list of the plants of the settings.
    init(_ urls: [String]) { state = Mutex(State(urls: urls, known: Set(urls))) }

    /// The plants.
    var urls: [String] { state.withLock { $0.urls } }

    /// The plants, and how often the list changed until now.
    var now: (urls: [String], version: Int) { state.withLock { ($0.urls, $0.version) } }

    /// The plants, in no order.
    var known: Set<String> { state.withLock { $0.known } }

    /// Whether a plant is in the list.
    func holds(_ url: String) -> Bool { state.withLock { $0.known.contains(url) } }

    /// Where the plant is that joined under a name.
    func joined(_ name: String) -> String? { state.withLock { $0.joined[name] } }

    /// Whether a plant is there because it joined.
    func hasJoined(_ url: String) -> Bool { state.withLock { $0.joined.values.contains(url) } }

    /// Adds a plant that joined. One that is in the list already stays where it is.
    func add(_ url: String, as name: String) {
        state.withLock { state in
            guard state.known.insert(url).inserted else { return }
            state.urls.append(url)
            state.joined[name] = url
            state.version += 1
        }
    }

    /// Takes a plant that joined off the list.
    func remove(_ name: String) {
        state.withLock { state in
            guard let url = state.joined.removeValue(forKey: name) else { return }
            state.known.remove(url)
            state.urls.removeAll { $0 == url }
            state.version += 1
        }
    }
}
