import ShopAPI
import Warehouse

/// What a spare is of. It serves requests of its client domain whose plan is for the same version of the same image with
/// the same hardware, and no others: address, memory and disk are its own already.
struct SpareKind: Sendable, Hashable {
    var domain: String
    var image: ImageReference
    var hardware: PlannedHardware
}

extension SpareKind {
    /// The kind that serves a plan; nothing where no spare can: only machines from memory templates can be given another
    /// name while they run.
    init?(_ plan: Plan, domain: String) {
        guard plan.transfer == nil, plan.image.source != .elsewhere, plan.image.manifest.memory?.kind == .template
        else { return nil }
        self.domain = domain
        image = plan.image.manifest.reference
        hardware = plan.hardware
    }
}
