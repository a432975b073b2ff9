import Logging
import MachineBook
import NetStore
import ServiceLifecycle
import ShopAPI
import Warehouse

/// Keeps the pool of spares as it is to be: ends those that are wanted no more, lets each run a moment now and then, and, beside
/// that, makes what is missing, one at a time, while nothing else is being made.
struct PoolKeeper: Sendable {
    let plant: Plant

    private static let look = Duration.milliseconds(100)
    /// How long creations under way keep spares from being made.
    private static let patience = Duration.seconds(10)
    /// Seconds until it is looked again whether there is room.
    private static let pauseWithoutRoom = 30.0

    private var parts: PlantParts { plant.parts }
    private var pool: SparePool { plant.parts.pool }
    private var maker: SpareMaker { SpareMaker(parts: plant.parts) }

    /// Runs until it is cancelled.
    func run() async {
        guard plant.settings.poolMemory > 0 else { return }
        await withDiscardingTaskGroup { group in
            group.addTask { await tend() }
            group.addTask { await make() }
        }
    }

    private func tend() async {
        while (try? await Task.sleep(for: Self.look)) != nil {
            if let errand = await pool.tend(within: plant.settings.poolMemory) { await carryOut(errand) }
        }
    }

    /// However busy the plant is, one is made now and then.
    private func make() async {
        var busySince: ContinuousClock.Instant?
        while (try? await Task.sleep(for: Self.look)) != nil {
            let isBusy = await plant.tasks.isUnderWay(.creating)
            busySince = isBusy ? busySince ?? .now : nil
            guard busySince.map({ $0 + Self.patience <= .now }) ?? true, await plant.readiness.problems.isEmpty,
                let (id, kind, plan) = await pool.make(within: plant.settings.poolMemory)
            else { continue }
            await make(id, kind, plan)
            busySince = nil
        }
    }

    private func carryOut(_ errand: SparePool.Errand) async {
        switch errand {
        case .stir(let id, let kind):
            guard await isThere(kind) else { return await pool.giveUp(kind) }
            // Machines come first: where they have taken all addresses, those of spares are needed.
            guard await freeAddresses(kind) != 0, await !isCordoned() else { return await pool.end(id) }
            await attempt("spare does not run", id) { try await maker.stir(id) }
        case .end(let id):
            do {
                try await maker.end(id)
                await pool.forget(id)
            } catch {
                warn("spare not ended yet", id, error)
            }
        }
    }

    private func make(_ id: MachineID, _ kind: SpareKind, _ plan: Plan) async {
        guard await isThere(kind) else {
            await pool.forget(id)
            return await pool.giveUp(kind)
        }
        guard await hasRoom(kind) else {
            await pool.forget(id)
            return await pool.fail(kind, for: Self.pauseWithoutRoom)
        }
        await attempt("spare not made", id) {
            do { try await maker.make(id, domain: kind.domain, plan) } catch {
                await pool.fail(kind, for: SpareDemand.pauseAfterFailure)
                throw error
            }
        }
    }

    /// Whether the image is the one that plans are made of.
    private func isThere(_ kind: SpareKind) async -> Bool {
        await parts.host.disks.warehouse.current(kind.image) != nil
    }

    /// Whether machines are left as many addresses as spares hold, and the places that are theirs.
    private func hasRoom(_ kind: SpareKind) async -> Bool {
        let free = await freeAddresses(kind) ?? 0
        let machines = (try? await parts.machines.countHolding()) ?? .max
        let (spares, all) = await (pool.count(ofDomain: kind.domain), pool.count)
        guard await !isCordoned() else { return false }
        return free > spares && machines <= plant.settings.maximumMachines - all
    }

    /// Whether nobody will want a spare.
    private func isCordoned() async -> Bool { (try? await parts.claims.cordon()) != nil }

    private func freeAddresses(_ kind: SpareKind) async -> Int? {
        try? await parts.host.addresses.standing(ofDomain: kind.domain).free
    }

    private func attempt(_ failure: String, _ id: MachineID, _ body: () async throws -> Void) async {
        do {
            try await body()
            await pool.settle(id)
        } catch {
            await pool.end(id)
            if !Task.isCancelled { warn(failure, id, error) }
        }
    }

    private func warn(_ what: String, _ id: MachineID, _ error: any Error) {
        parts.logger.warning("\(what)", metadata: ["spare": "\(id)", "error": "\(PlantParts.message(of: error))"])
    }
}
