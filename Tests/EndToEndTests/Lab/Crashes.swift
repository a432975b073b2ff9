import Testing

extension Lab {
    private static let service = "vmplant-server"

    /// Starts a plant's service anew; with a point it kills itself, with SIGKILL, when it gets there.
    func restart(_ plant: Plant, killedAt point: String? = nil, pool: Int? = nil) async throws {
        try await self("stop", plant.rawValue, Self.service)
        try await start(plant, killedAt: point, pool: pool)
    }

    /// Starts a plant's service that does not run; its spares may have so many MiB of memory, and further settings are
    /// `VMPLANT_NAME=value`.
    func start(
        _ plant: Plant,
        killedAt point: String? = nil,
        pool: Int? = nil,
        settings further: [String] = []
    ) async throws {
        let settings = [point.map { "VMSHOP_FAULT=kill@\($0)" }, pool.map { "VMPLANT_POOL_MEMORY=\($0)" }] + further
        let words = settings.compactMap(\.self).flatMap { ["--env", $0] }
        let program = [Ground.root + "/scripts/lab", "start", "--id", id, plant.rawValue, Self.service]
        try await Program.demand(program + words, limit: 60)
    }

    /// Kills a plant's service at this instant.
    func kill(_ plant: Plant) async throws { try await self("kill", plant.rawValue, Self.service) }

    /// Whether a plant's service runs.
    func isAlive(_ plant: Plant) async throws -> Bool { try await process(Self.service, of: plant.rawValue) != nil }

    /// Begins a creation at a plant that has just been started: until it has looked at its host, it refuses.
    func beginWhenReady(_ file: String, id: String, at plant: Plant) async throws {
        _ = try await eventually("\(plant) accepts a machine", within: 30) {
            let answer = try await begin(file, id: id, at: plant)
            if answer.code == 0 { return true }
            // It may have died before it could answer.
            return try await isAlive(plant) ? nil : true
        }
    }

    /// Waits until a machine is in a state.
    func wait(for state: String, of id: String, at plant: Plant, within limit: Int = 90) async throws -> SeenMachine {
        var last = ""
        do {
            return try await eventually("machine \(id) is \(state)", within: limit, every: .milliseconds(300)) {
                let machine = try await show(id, at: plant)
                last = machine.state + (machine.error.map { ": \($0.message)" } ?? "")
                return machine.state == state ? machine : nil
            }
        } catch let failure as Program.Failure {
            throw Program.Failure(description: failure.description + "; it is \(last)")
        }
    }

    /// Waits until a plant's service has killed itself.
    func awaitDeath(_ plant: Plant, at point: String) async throws {
        _ = try await eventually("\(plant) dies at \(point)", within: 60) { try await isAlive(plant) ? nil : true }
    }

    /// The processes of a plant's machines.
    func emulators(_ plant: Plant) async throws -> [String] {
        try await census(plant).filter { $0.hasPrefix("qemu ") }
    }
}

/// Goes through fault points one after the other; a failure is recorded, and the plant made clean for the next.
func sweep(
    _ points: [String],
    on plant: Lab.Plant,
    of lab: Lab,
    _ body: (String) async throws -> Void
) async {
    for point in points {
        let began = ContinuousClock.now
        do {
            try await body(point)
            report("  \(plant) \(point): \(ContinuousClock.now - began)")
        } catch {
            Issue.record(error, "killed at \(point)")
            report("  \(plant) \(point): \(error)")
            do {
                try await lab.restart(plant)
                _ = try await eventually("\(plant) collects all", within: 60) {
                    try await lab.vmshop("collect", "--matching", "Memory > 0", at: plant).code == 0 ? true : nil
                }
                try await lab.expectNothing(on: plant, within: 20)
            } catch {
                Issue.record(error, "\(plant) cannot be made clean after \(point); the points after it were not tried")
                return
            }
        }
    }
}
