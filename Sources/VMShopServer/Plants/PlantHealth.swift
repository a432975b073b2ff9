/// Which plants did not answer in time. Such a plant costs its deadline once; then it is skipped until it answers again.
actor PlantHealth {
    private(set) var silent: Set<String> = []

    /// Notes that a plant let a deadline pass.
    func suspect(_ url: String) { silent.insert(url) }

    /// Notes that a plant answered.
    func clear(_ url: String) { silent.remove(url) }
}
