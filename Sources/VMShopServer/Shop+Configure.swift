import Logging
import MachineBook
import ShopAPI

extension Shop {
    func configure(_ id: MachineID, _ document: [UInt8]) async throws -> Machine {
        _ = try await parser.read(document)
        let record = try await record(id)
        guard let plant = record.extra.plant, record.isAtPlant, !record.machine.state.isBeingPlaced else {
            throw ServiceError(
                .machineBusy,
                "machine \(id) is \(record.machine.state.rawValue)",
                hint: "only a ready machine can be configured"
            )
        }
        // What is left of the creation, or of the last configuration, has nothing more to do.
        if record.machine.state.isResting { await tasks.join(id) }
        let client = parts.plants.client(plant, deadline: 30)
        let machine = try await parts.plants.outcome(plant) { try await client.configure(id, document) }.get()
        for state in record.machine.state.way(to: .configuring) ?? [] {
            try await parts.machines.update(id) { record in
                guard record.isAtPlant else { return }
                record.machine.take(machine)
                if record.machine.state.successors.contains(state) { record.machine.state = state }
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
                let own = try await parts.machines.record(id)?.machine.state
                for state in own?.way(to: machine.state) ?? [] {
                    try await parts.machines.update(id) { $0.machine.state = state }
                }
            } catch let error as ServiceError where error.code == .machineLost {
                try? await MachineDirectory(shop: parts).lose(id, at: plant)
            } catch {
                // The machine stays at its plant; the upkeep follows it again.
                parts.logger.info("configuration not followed", metadata: ["machine": "\(id)", "error": "\(error)"])
            }
        }
    }
}
