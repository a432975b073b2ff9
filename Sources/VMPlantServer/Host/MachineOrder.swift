import ShopAPI

/// What the host is to make: the machine's identity and its plan.
struct MachineOrder: Sendable {
    var id: MachineID
    var name: String
    var domain: String
    var plan: Plan
    /// Whether it is made for nobody yet.
    var isSpare = false
}
