import Logging
import MachineBook
import ServiceLifecycle
import ShopAPI

/// What a shop does besides answering: looks whether plants are back, goes on with what was interrupted, pays the
/// collections it owes, and keeps its directory fresh. Each at its own pace, so that none waits for a plant that keeps
/// another waiting.
struct Upkeep: Service {
    let shop: Shop
    var interval = Duration.seconds(2)
    var roundsBetweenRefreshes = 15

    /// How long what happened to a collected machine is kept.
    static let keepsEvents = Duration.seconds(7 * 86_400)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await every(interval, "probes") { await shop.parts.plants.probeUnreached() } }
                group.addTask { await every(interval, "placements") { try await goOn() } }
                group.addTask {
                    var turn = 0
                    await every(interval, "collections") {
                        turn += 1
                        try await payDebts(turn)
                    }
                }
                group.addTask { await every(interval * roundsBetweenRefreshes, "directory") { try await refresh() } }
                group.addTask { await every(.seconds(3_600), "events") { try await dropEvents() } }
            }
        }
    }

    /// Goes on with what nobody is at work on: placements and configurations that a restart interrupted or that the book
    /// could not be written for, configurations whose plant was out of reach for long.
    private func goOn() async throws {
        let busy = await shop.tasks.busy
        let states: Set<MachineState> = [.placing, .creating, .configuring]
        for record in try await shop.parts.machines.records(in: states, documents: false)
        where !record.isAdopted && !busy.contains(record.id) {
            if record.machine.state != .configuring {
                await shop.placeAgain(record.id, record.machine.domain)
            } else if let plant = record.extra.plant {
                await shop.follow(record.id, plant)
            }
        }
        for gang in try await shop.parts.gangs.gangs(in: [.placing, .creating]) where !busy.contains(gang.id) {
            try await shop.goOn(gang)
        }
    }

    /// Tells the plants what they have to collect, all at once. A plant that is out of reach is left alone for this round;
    /// another one comes first in each round, so that none stands before all others.
    private func payDebts(_ turn: Int) async throws {
        let debts = try await shop.parts.owed.all()
        await withDiscardingTaskGroup { group in
            for (plant, machines) in debts where !machines.isEmpty {
                group.addTask {
                    let first = turn % machines.count
                    for machine in machines[first...] + machines[..<first] {
                        let limit = Shop.upkeepTimeout
                        let error = await shop.giveBack(machine, at: plant, within: limit, isAwaited: false)
                        if error?.code.meansOutOfReach == true { return }
                    }
                }
            }
        }
        for id in try await shop.parts.machines.ids(in: [.collecting]) { try await shop.conclude(id) }
        for gang in try await shop.parts.gangs.gangs(in: [.collecting]) {
            // Of one whose collection was broken off at once, there are machines that nobody was told of.
            await shop.collectAgain(gang)
        }
    }

    private func refresh() async throws {
        // Their names, for what the shop says of them.
        _ = await shop.parts.plants.statuses()
        try await MachineDirectory(shop: shop.parts).refresh()
    }

    private func dropEvents() async throws {
        try await shop.parts.machines.dropEvents(collectedBefore: Timestamp.now.advanced(by: .zero - Self.keepsEvents))
        try await shop.parts.rounds.dropOld()
    }

    /// Does something again and again; that it fails is logged.
    private func every(_ interval: Duration, _ part: String, _ body: () async throws -> Void) async {
        while !Task.isCancelled {
            do {
                try await body()
            } catch  where !Task.isCancelled {
                shop.parts.logger.warning("upkeep incomplete", metadata: ["part": "\(part)", "error": "\(error)"])
            } catch {
                return
            }
            try? await ServiceTime.sleep(for: interval)
        }
    }
}
