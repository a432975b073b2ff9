import Logging
import MachineBook
import ServiceLifecycle
import ShopAPI

/// What a shop does besides answering: goes on after a restart, looks whether silent plants are back, pays the
/// collections it owes, and keeps its directory fresh.
struct Upkeep: Service {
    let shop: Shop

    static let interval = Duration.seconds(2)
    static let roundsBetweenRefreshes = 15

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await resume()
            var round = 0
            while !Task.isCancelled {
                await shop.parts.plants.probeSilent()
                await attempt("owed collections") { try await payOwed() }
                if round % Self.roundsBetweenRefreshes == 0 {
                    await attempt("directory") { try await MachineDirectory(shop: shop.parts).refresh() }
                }
                round += 1
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    /// Goes on with what a restart of the shop interrupted.
    private func resume() async {
        await attempt("resumption") {
            for record in try await shop.parts.machines.records(in: [.placing, .creating]) { await shop.place(record.id) }
            for record in try await shop.parts.machines.records(in: [.configuring]) {
                if let plant = record.extra.plant { await shop.follow(record.id, plant) }
            }
        }
    }

    private func payOwed() async throws {
        let parts = shop.parts
        let silent = await parts.plants.health.silent
        for (machine, plant) in try await parts.owed.all() where !silent.contains(plant) {
            let client = parts.plants.client(plant, deadline: 60)
            guard case .success = await parts.plants.outcome(plant, { try await client.collect(machine) }) else { continue }
            try await parts.owed.remove(machine, at: plant)
        }
        for record in try await parts.machines.records(in: [.collecting]) { _ = try? await shop.finishCollection(record.id) }
    }

    private func attempt(_ what: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            shop.parts.logger.warning("upkeep incomplete", metadata: ["part": "\(what)", "error": "\(error)"])
        }
    }
}
