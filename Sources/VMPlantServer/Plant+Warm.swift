import DAGModel
import Hypervisor
import Logging
import MachineBook
import ShopAPI
import Warehouse

extension Plant {
    /// How long a call waits for the end before it tells how far it is.
    private static let patience = Duration.seconds(15)
    /// Each takes as much memory of the host as was used in the machine that was saved.
    private static let statesKeptReady = 3

    func warm(_ order: WarmOrder) async throws -> WarmProgress {
        guard order.plant == nil || order.plant == settings.name else {
            throw ServiceError(.callInvalid, "this is plant \(settings.name), not \(order.plant ?? "")")
        }
        try await requireReady()
        if let there = try await present(order) { return there }
        if let machine = try await warmJobs.begin(order) { await begin(order, machine) }
        let end = ContinuousClock.now + Self.patience
        while true {
            let (step, done) = try await warmJobs.look(order.name)
            if let done { return done }
            guard .now < end else { return WarmProgress(name: order.name, plant: settings.name, step: step) }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// The image that was ordered, where it was made before of the same image for the same machines.
    private func present(_ order: WarmOrder) async throws -> WarmProgress? {
        let warehouse = parts.host.disks.warehouse
        guard let manifest = try? await warehouse.image(named: order.name).manifest else { return nil }
        let parent = try await warehouse.image(named: order.image).manifest.reference
        guard manifest.parent == parent, let memory = manifest.memory, order.isMet(by: memory) else { return nil }
        return WarmProgress(name: order.name, plant: settings.name, step: "done", digest: manifest.contentDigest)
    }

    private func begin(_ order: WarmOrder, _ machine: MachineID) async {
        let (jobs, parts, name) = (warmJobs, parts, settings.name)
        let maker = WarmMaker(parts: parts, order: order, machine: machine) { await jobs.note($0, on: order.name) }
        let isBegun = await tasks.begin(.warming, on: machine) {
            do {
                let manifest = try await maker.run()
                await prepareSavedStates()
                let done = WarmProgress(name: order.name, plant: name, step: "done", digest: manifest.contentDigest)
                await jobs.end(order.name, .success(done))
            } catch {
                let error = (error as? ServiceError) ?? ServiceError(.hostFailed, "plant \(name): \(Self.text(error))")
                await jobs.end(order.name, .failure(error))
            }
        }
        guard !isBegun else { return }
        await jobs.end(order.name, .failure(ServiceError(.unavailable, "plant \(name) is stopping", hint: "try again")))
    }

    /// Reads the saved states that are likely to be wanted, so that no machine waits for it: those used last.
    func prepareSavedStates() async {
        guard let images = try? await parts.host.disks.warehouse.savedImages(), !images.isEmpty,
            let host = try? await parts.host.hypervisor.capabilities()
        else { return }
        let fitting = images.filter {
            MemoryFit.obstacle($0.manifest, on: host, settings: settings) == nil
        }
        for image in fitting.prefix(Self.statesKeptReady) {
            guard let state = SavedState(image) else { continue }
            do { try await parts.host.hypervisor.prepare(state) } catch {
                let details: Logger.Metadata = ["image": "\(image.manifest.name)", "error": "\(error)"]
                parts.logger.warning("saved state not ready", metadata: details)
            }
        }
    }

    private static func text(_ error: any Error) -> String { (error as? WarehouseError)?.message ?? "\(error)" }
}

extension WarmOrder {
    /// Whether a memory state is what was ordered, as far as the order says.
    fileprivate func isMet(by state: MemoryState) -> Bool {
        memory ?? state.memory.bytes == state.memory.bytes && cpus ?? state.cpus == state.cpus
            && kind?.rawValue ?? state.kind.rawValue == state.kind.rawValue
    }
}
