/// What a shop remembers of its plants: their names, and which did not answer in time. Such a plant costs its deadline
/// once; then it is skipped until it answers again.
actor PlantHealth {
    private(set) var silent: Set<String> = []
    private var names: [String: String] = [:]

    /// Notes that a plant let a deadline pass.
    func suspect(_ url: String) { silent.insert(url) }

    /// Notes that a plant answered.
    func clear(_ url: String) { silent.remove(url) }

    /// Notes what a plant calls itself.
    func learn(_ name: String, of url: String) { names[url] = name }

    /// What a plant calls itself, its URL as long as it never said.
    func name(_ url: String) -> String { names[url] ?? url }
}
