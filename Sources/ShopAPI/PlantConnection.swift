public import CostModel
/// What a shop has of a plant: the machine service, and what only those ask for who place machines.
public protocol PlantConnection: MachineService {
    /// The events of a machine after the given one, and the machine with them.
    func progress(of id: MachineID, after sequence: Int, wait: Duration) async throws -> EventPage

    /// Listens to what the plant would bid and how machines get on there, until it falls silent or stops.
    ///
    /// - Parameter take: Takes a word; the first is a notice that says everything.
    /// - Throws: ``ServiceError``; what `take` throws.
    func hear(_ take: @escaping @Sendable (PlantWord) async throws -> Void) async throws

    /// What the plant would bid at this moment.
    func bidNotice() async throws -> BidNotice
}

extension MachineClient: PlantConnection {}
