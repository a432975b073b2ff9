import MachineBook
import ShopAPI

extension Shop {
    func setLease(of id: MachineID, to duration: Duration?) async throws -> Machine {
        let record = try await record(id)
        guard let plant = record.extra.plant, record.isAtPlant else {
            throw ServiceError(
                .machineBusy,
                "machine \(id) is \(record.machine.state.rawValue)",
                hint: "a lease is that of a machine at a plant"
            )
        }
        let client = parts.plants.client(plant, deadline: parts.settings.acceptTimeout)
        let machine = try await parts.plants.outcome(plant) { try await client.setLease(of: id, to: duration) }.get()
        guard machine.id == id else {
            throw ServiceError(.internalError, "\(plant) answered with machine \(machine.id)")
        }
        try await parts.machines.update(id) { $0.machine.leaseUntil = machine.leaseUntil }
        return machine
    }
}
