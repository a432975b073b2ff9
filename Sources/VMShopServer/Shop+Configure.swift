import Logging
import MachineBook
import ShopAPI

extension Shop {
    func configure(_ id: MachineID, _ document: [UInt8]) async throws -> Machine {
        _ = try parse(document)
        let record = try await record(id)
        guard let plant = record.extra.plant, record.machine.state.isAtPlant, record.machine.state != .creating else {
            throw ServiceError(.machineBusy, "machine \(id) is \(record.machine.state.rawValue)", hint: "only a ready machine can be configured")
        }
        let machine = try await parts.plants.client(plant, deadline: 30).configure(id, document)
        if record.machine.state == .ready {
            try await parts.machines.update(id) { record in
                record.machine.take(machine)
                record.machine.state = .configuring
            }
        }
        await follow(id, plant)
        return machine
    }

    /// Takes over the events of a configuration until the machine rests.
    func follow(_ id: MachineID, _ plant: String) async {
        await tasks.begin(.configuring, on: id) {
            do {
                let machine = try await MachineFollower(shop: parts, id: id, plant: plant).follow()
                try await parts.machines.update(id) { $0.machine.state = machine.state }
            } catch {
                // The plant's word counts: the directory takes its state over when it answers again.
                parts.logger.info("configuration not followed", metadata: ["machine": "\(id)", "error": "\(error)"])
            }
        }
    }
}
