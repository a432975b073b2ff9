import MachineBook
import ShopAPI

/// What a shop makes of a machine that a plant says it has, when its book has a row of the same id.
enum Sighting: Sendable, Hashable {
    /// Nothing: it is what the shop knows, or what the shop is at work on.
    case nothing
    /// The row follows the plant, so what the plant says is taken over.
    case news
    /// Another shop had it made at this plant: remembered, so that a collection reaches it.
    case elsewhere
    /// It must not be there: the plant is owed a collection.
    case unwanted
    /// What the row was about is gone, and this is the machine.
    case replacement
}

extension MachineRecord where Extra == ShopExtra {
    /// What is to be made of a machine at a plant.
    ///
    /// The same plant may be in the list under two addresses, or beside the shop that it is below: machines that name the
    /// same plant are one machine.
    func sighting(of seen: Machine, at url: String) -> Sighting {
        if extra.plant == url, followsPlant { return .news }
        guard seen.state.isAlive else { return .nothing }
        if extra.isUnwanted == true {
            // Whoever is known to hold it is being told already; what is heard of it may be from before.
            return machine.state == .collecting && extra.holders.contains(url) ? .nothing : .unwanted
        }
        if !isAdopted, machine.state == .failed, extra.told.contains(url) { return .unwanted }
        // Who is placing it is a shop, and may be placing it here.
        guard seen.state != .placing else { return .nothing }
        guard extra.plant != url, seen.plant != machine.plant || seen.plant == nil else { return .nothing }
        switch machine.state {
        case .collected, .lost: return .replacement
        case .failed: return isAdopted ? .replacement : .elsewhere
        case .collecting: return .elsewhere
        case .placing, .creating, .configuring, .ready, .stopped: return isAdopted ? .elsewhere : rival(seen, url)
        }
    }

    /// One of two machines goes. One that this shop had passed over goes in any case; of two that two shops had made, both
    /// shops must choose the same, or none is left: the plant whose name comes first keeps its machine.
    private func rival(_ seen: Machine, _ url: String) -> Sighting {
        guard let own = machine.plant, let other = seen.plant else { return .elsewhere }
        return extra.told.contains(url) || own < other ? .unwanted : .elsewhere
    }
}

extension MachineState {
    /// Whether there is, or is about to be, a machine that somebody can use.
    var isAlive: Bool {
        switch self {
        case .placing, .creating, .configuring, .ready, .stopped: true
        case .failed, .lost, .collecting, .collected: false
        }
    }
}
