/// What a shop remembers of its plants: their names, whether the last call reached them, and which did not answer in
/// time. Such a plant costs its deadline once; then it is skipped until it answers again.
actor PlantHealth {
    /// The plants that are skipped.
    private(set) var silent: Set<String> = []
    /// The plants that the last call did not reach. One that refuses connections at once costs nothing, so it is asked
    /// all the same.
    private(set) var unreached: Set<String> = []
    private var names: [String: String] = [:]

    /// Notes that a plant let a deadline pass.
    func suspect(_ url: String) {
        silent.insert(url)
        unreached.insert(url)
    }

    /// Notes that nobody listens at a plant.
    func miss(_ url: String) {
        silent.remove(url)
        unreached.insert(url)
    }

    /// Notes that a plant answered.
    func clear(_ url: String) {
        silent.remove(url)
        unreached.remove(url)
    }

    /// Notes what a plant calls itself.
    func learn(_ name: String, of url: String) { names[url] = name }

    /// Where plants of a name are, also those that are in no list any more.
    func urls(of name: String) -> [String] { names.filter { $0.value == name }.map(\.key) }

    /// What a plant calls itself, its URL as long as it never said.
    func name(_ url: String) -> String { names[url] ?? url }
}
