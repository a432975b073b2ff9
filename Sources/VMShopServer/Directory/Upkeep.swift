import Logging
import MachineBook
import ServiceLifecycle
import ShopAPI

/// What a shop does besides answering: goes on after a restart, looks whether silent plants are back, pays the
/// collections it owes, and keeps its directory fresh.
struct Upkeep: Service {
    let shop: Shop
    var interval = Duration.seconds(2)
    var roundsBetweenRefreshes = 15

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await resume()
            var round = 0
            while !Task.isCancelled {
                await shop.parts.plants.probeSilent()
                await attempt("owed collections") { try await payOwed() }
                await attempt("configurations") { try await followConfigurations() }
                if round % roundsBetweenRefreshes == 0 {
                    // Their names, for what the shop says of them.
                    _ = await shop.parts.plants.statuses()
                    await attempt("directory") { try await MachineDirectory(shop: shop.parts).refresh() }
                }
                round += 1
                try? await Task.sleep(for: interval)
            }
        }
    }

    /// Goes on with the placements that a restart of the shop interrupted.
    private func resume() async {
        await attempt("resumption") {
            for record in try await shop.parts.machines.records(in: [.placing, .creating]) where !record.isAdopted {
                await shop.place(record.id)
            }
        }
    }

    /// Follows the configurations that nobody follows: after a restart, or when the plant was out of reach for long.
    private func followConfigurations() async throws {
        let busy = await shop.tasks.busy
        for record in try await shop.parts.machines.records(in: [.configuring])
        where !record.isAdopted && !busy.contains(record.id) {
            if let plant = record.extra.plant { await shop.follow(record.id, plant) }
        }
    }

    private func payOwed() async throws {
        let parts = shop.parts
        for (machine, plant) in try await parts.owed.all() {
            let client = parts.plants.client(plant, deadline: Shop.collectionTimeout)
            switch await parts.plants.outcome(plant, { try await client.collect(machine) }) {
            case .failure(let error) where error.code != .machineUnknown: continue
            default: try await parts.owed.remove(machine, at: plant)
            }
        }
        for record in try await parts.machines.records(in: [.collecting]) {
            _ = try? await shop.finishCollection(record.id, patiently: false)
        }
    }

    private func attempt(_ what: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            shop.parts.logger.warning("upkeep incomplete", metadata: ["part": "\(what)", "error": "\(error)"])
        }
    }
}
