import CostModel
import DAGModel
import MachineBook
import ShopAPI
import Warehouse

/// An image of a machine between two of its actions: because its request asks for it, or because the plant finds it worth
/// keeping. A later request that begins with the same actions starts from it.
///
/// Whoever makes it is alone with the machine. One that cannot be made is told and changes nothing else: what was asked for
/// first of all is the machine.
struct Checkpoint: Sendable {
    let plant: PlantParts
    let id: MachineID

    /// Makes the image that is to follow an action, if one is.
    ///
    /// - Throws: `CancellationError`, and ``ServiceError`` `machine.lost` when the machine stopped meanwhile.
    func follow(_ action: Action) async throws {
        guard action.checkpoint || plant.settings.keep > 0 else { return }
        do {
            guard let record = try await plant.machines.record(id) else { return }
            guard action.checkpoint else { return try await keep(record, after: action) }
            let source = try await plant.source(record)
            try await make(.checkpoint, of: source.image, source.history, after: action)
        } catch let error as CancellationError {
            throw error
        } catch let error as ServiceError where error.code == .machineLost {
            throw error
        } catch {
            try Task.checkCancellation()
            try await note("no image is made after \(action.id): \(PlantParts.message(of: error))")
        }
    }

    /// Makes one if it is worth it. A machine of which none can be made is no news: nobody asked for one.
    private func keep(_ record: PlantRecord, after action: Action) async throws {
        guard let source = try? await plant.source(record) else { return }
        var needed: Set<String> = []
        while case .keep(let reason, let gone) = try await verdict(on: record, source.history, needed) {
            // They go first, so that the budget is never passed.
            if let stays = try await kept.giveUp(gone, reason) {
                needed.insert(stays)
                continue
            }
            try await note("kept after \(action.id): \(reason)")
            return try await make(.automatic, of: source.image, source.history, after: action)
        }
    }

    private var kept: KeptImages { KeptImages(plant: plant) }

    /// What was done since the last image of this machine counts; what that image holds is kept already.
    ///
    /// - Parameters:
    ///   - record: The machine.
    ///   - history: What was done to it and its image.
    ///   - needed: Images that were found to be needed.
    /// - Returns: Whether an image of it is worth being kept.
    /// - Throws: What kept the books, the disk or the warehouse from being read.
    private func verdict(
        on record: PlantRecord,
        _ history: [PerformedAction],
        _ needed: Set<String>
    ) async throws -> KeepingOffer.Verdict {
        let done = record.machine.actions.filter { $0.status == .done }.count
        let before = max(history.count - done, record.extra.images?.last?.history.count ?? 0)
        guard before < history.count else { return .leave("nothing was done since") }
        let bytes = try await plant.host.disks.allocatedBytes(of: id)
        let (offer, unknown) = try await kept.offer(history.dropFirst(before), bytes: bytes)
        if let unknown { return .leave("how long \(unknown) takes is not known") }
        // Most is not worth it, and that is known without a look into the warehouse.
        let first = offer.verdict(budget: plant.settings.keep, kept: [])
        guard case .keep = first else { return first }
        return offer.verdict(budget: plant.settings.keep, kept: try await kept.all(needed: needed))
    }

    private func make(
        _ origin: ImageOrigin,
        of image: WarehouseImage,
        _ history: [PerformedAction],
        after action: Action
    ) async throws {
        let name = Self.name(of: image.manifest, history.map(\.key))
        guard try await plant.host.disks.warehouse.manifest(named: name) == nil else {
            return try await note("after \(action.id) it is what image \(name) is: none is made")
        }
        let publication = ImagePublication(plant: plant, id: id, name: name, origin: origin)
        do {
            let made = try await publication.run(image, history)
            for warning in made.warnings { try await note("image \(name): \(warning)") }
        } catch let error as ServiceError where error.code == .imageTaken {
            // Another machine came to the same point at the same time.
            try await note("after \(action.id) it is what image \(name) is: none is made")
        }
    }

    private func note(_ message: String) async throws {
        try await plant.machines.note(MachineEvent(kind: .step, message: message), on: id)
    }

    /// The name says what was done to which image, so that the same is made once.
    static func name(of parent: ImageManifest, _ history: [ActionKey]) -> String {
        let digest = Warehouse.digest(of: [parent.contentDigest] + history.map(\.hex))
        return ImageName.checkpoint(of: parent.root, digest)
    }
}
