/// Gangs, which shops place and plants know nothing of. Like those of machines, calls may be repeated.
public protocol GangService: Sendable {
    /// Begins to place a gang, and returns as soon as the intention is on disk.
    ///
    /// - Parameters:
    ///   - id: The gang's id.
    ///   - document: The request document (XML), of which each machine is made.
    ///   - count: How many machines.
    ///   - options: The policy to price with.
    /// - Returns: The gang as it stands.
    /// - Throws: ``ServiceError``: `request.invalid`; `call.invalid` for more machines than the shop places at a time;
    ///   `machine.conflict`, `machine.collected`; `service.overloaded`.
    func createGang(_ id: MachineID, _ document: [UInt8], count: Int, options: CreateOptions) async throws -> Gang

    /// One gang.
    ///
    /// - Throws: ``ServiceError`` `machine.unknown`.
    func gang(_ id: MachineID) async throws -> Gang

    /// All gangs that were not collected, or all, in the order of their ids.
    func gangs(includeGone: Bool) async throws -> [Gang]

    /// Collects all machines of a gang, or gives their places back.
    ///
    /// - Throws: ``ServiceError`` `machine.unknown`; what keeps a plant from collecting one: the shop goes on trying.
    func collectGang(_ id: MachineID) async throws -> Gang
}
