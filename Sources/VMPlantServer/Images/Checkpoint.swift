import DAGModel
import MachineBook
import ShopAPI
import Warehouse

/// An image of a machine between two of its actions, which its request asked for: a later request that begins with the same
/// actions starts from it.
///
/// Whoever makes it is alone with the machine. One that cannot be made is told and changes nothing else: what was asked for
/// first of all is the machine.
struct Checkpoint: Sendable {
    let plant: PlantParts
    let id: MachineID

    /// Makes the image, unless it is there.
    ///
    /// - Throws: `CancellationError`, and ``ServiceError`` `machine.lost` when the machine stopped meanwhile.
    func make(after action: Action) async throws {
        do {
            guard let record = try await plant.machines.record(id) else { return }
            let source = try await plant.source(record)
            try await make(of: source.image, source.history, after: action)
        } catch let error as CancellationError {
            throw error
        } catch let error as ServiceError where error.code == .machineLost {
            throw error
        } catch {
            try Task.checkCancellation()
            try await note("no image is made after \(action.id): \(PlantParts.message(of: error))")
        }
    }

    private func make(of image: WarehouseImage, _ history: [PerformedAction], after action: Action) async throws {
        let name = Self.name(of: image.manifest, history.map(\.key))
        guard try await plant.host.disks.warehouse.manifest(named: name) == nil else {
            return try await note("after \(action.id) it is what image \(name) is: none is made")
        }
        let publication = ImagePublication(plant: plant, id: id, name: name, origin: .checkpoint)
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
