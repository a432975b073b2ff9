import MachineBook
import ShopAPI

extension Shop {
    func publishImage(of id: MachineID, as name: String, replace: Bool) async throws -> MachineImage {
        let record = try await record(id)
        guard let plant = record.extra.plant, record.isAtPlant, !record.machine.state.isBeingPlaced else {
            throw ServiceError(
                .machineBusy,
                "machine \(id) is \(record.machine.state.rawValue)",
                hint: "an image is made of a ready or a stopped machine"
            )
        }
        let client = parts.plants.client(plant, deadline: 30)
        return try await parts.plants.outcome(plant) {
            try await client.publishImage(of: id, as: name, replace: replace)
        }.get()
    }
}
