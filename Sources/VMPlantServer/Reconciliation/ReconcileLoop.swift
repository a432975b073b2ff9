import Hypervisor
import Logging
import MachineBook
import ServiceLifecycle
import ShopAPI
import Warehouse

/// Reconciles at start, every half minute, and, for a machine whose domain stopped, at once. The guest filter is looked at
/// more often: while it is gone, guests are held by nothing.
struct ReconcileLoop: Service {
    let plant: Plant

    static let interval = Duration.seconds(30)
    /// While something is wrong, or left to be done for a machine, it tries again sooner.
    static let intervalInTrouble = Duration.seconds(2)
    /// How soon a filter that somebody flushed is there again.
    static let filterInterval = Duration.milliseconds(500)

    /// How soon it is known here what another plant has published.
    static let sourcesInterval = Duration.seconds(5)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await reconcile() }
                group.addTask { await watch() }
                group.addTask { await guardFilter() }
                group.addTask { await verifyImages() }
                group.addTask { await watchSources() }
                group.addTask { await PoolKeeper(plant: plant).run() }
                group.addTask { await Reaper(plant: plant).run() }
                group.addTask { await IdleRound(parts: plant.parts).run() }
            }
        }
    }

    private func reconcile() async {
        while !Task.isCancelled {
            let problems = await Reconciler(plant: plant).run()
            guard !Task.isCancelled else { return }
            await plant.readiness.set(problems)
            await pause(atMost: problems.isEmpty ? Self.interval : Self.intervalInTrouble)
        }
    }

    /// Waits for the next pass, which comes soon when somebody asks for it.
    private func pause(atMost limit: Duration) async {
        let end = ContinuousClock.now + limit
        repeat {
            guard (try? await Task.sleep(for: Self.intervalInTrouble)) != nil else { return }
        } while await !plant.readiness.isAnotherPassNeeded && ContinuousClock.now < end
    }

    private func watch() async {
        while !Task.isCancelled {
            if let events = try? await plant.parts.host.hypervisor.events {
                for await event in events where event.kind != .started { await note(event) }
            }
            try? await Task.sleep(for: Self.intervalInTrouble)
        }
    }

    /// Reads images that are new here, so that the first request for one need not wait for that, and looks for those that
    /// somebody put there by hand.
    private func verifyImages() async {
        repeat {
            try? await plant.planner.warehouse.lookAround()
            await plant.prepareSavedStates()
        } while (try? await Task.sleep(for: Self.interval)) != nil
    }

    /// Asks other plants what they have, so that no plan waits for them, and forgets what nobody went on fetching.
    private func watchSources() async {
        let images = plant.parts.images
        repeat {
            await images.sources.refresh()
            await images.warehouse.sweepIncoming()
        } while (try? await Task.sleep(for: Self.sourcesInterval)) != nil
    }

    /// What fails here is told by the next pass, which makes the filter too.
    private func guardFilter() async {
        let filter = plant.parts.host.filter
        while (try? await Task.sleep(for: Self.filterInterval)) != nil {
            // Two plants on one host would take turns at each other's filter.
            guard await plant.readiness.isAlone, (try? await filter.isIntact()) == false else { continue }
            plant.parts.logger.warning("guest filter was changed by somebody else; it is made anew")
            try? await filter.ensure()
        }
    }

    /// Notes that the domain of a finished machine stopped.
    private func note(_ event: HypervisorEvent) async {
        guard let id = MachineID(event.machineID) else { return }
        let message = event.kind == .crashed ? "its domain ended unexpectedly" : "its domain was stopped"
        _ = try? await plant.parts.machines.update(id) { record in
            guard record.machine.state == .ready else { return }
            record.machine.state = .stopped
            record.machine.error = ServiceError(.machineLost, message)
        }
    }
}
