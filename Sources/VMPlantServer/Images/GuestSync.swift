import DAGModel
import ShopAPI

/// Has a guest write to its disk what it holds in memory, so that an image of the disk has it.
struct GuestSync: Sendable {
    let plant: PlantParts
    let id: MachineID

    private static let step = Action(id: "vmshop-sync", operation: .script("sync"), timeout: .seconds(10))

    /// Asks the guest, and waits.
    ///
    /// - Returns: What went wrong, if anything: an image can be made all the same, as after a power cut.
    /// - Throws: `machine.lost` when the domain stopped meanwhile.
    func run() async throws -> String? {
        do {
            // The answer to an earlier question would be none to this one.
            try await plant.jobs.close(Self.step.id, of: id)
            let outcome = try await GuestAction(plant: plant, id: id).perform(Self.step, [:])
            try await plant.jobs.close(Self.step.id, of: id)
            return outcome.succeeded ? nil : "the guest could not write all to its disk: \(outcome.output ?? "")"
        } catch let error as ServiceError where error.code == .machineLost {
            throw error
        } catch  where !Task.isCancelled {
            return "the guest did not say that all is on its disk: \(PlantParts.message(of: error))"
        }
    }
}
