import ClassAds
import DAGModel
import Hypervisor
import MachineBook
import ShopAPI
import Warehouse

extension PlantRecord {
    /// The version of the image that the machine was cloned from, if it is known.
    var imageVersion: ImageReference? {
        guard let name = machine.image, case .string(let digest)? = machine.attributes["ImageDigest"] else {
            return nil
        }
        return ImageReference(name: name, digest: digest)
    }
}

extension PlantParts {
    /// What an image of a machine would be made of: the version that it was cloned from, and what it would say of itself.
    ///
    /// - Throws: ``ServiceError`` `image.refused` with every reason against an image.
    func source(_ record: PlantRecord) async throws -> (image: WarehouseImage, history: [PerformedAction]) {
        guard let reference = record.imageVersion else {
            throw ServiceError(.imageRefused, "which image machine \(record.id) was cloned from is not known")
        }
        do {
            let image = try await host.disks.warehouse.image(reference)
            let isKept = !record.document.isEmpty
            let actions = isKept ? try await parser.read(record.document).graph.actions : []
            let steps = actions.map(KnownStep.init) + (record.extra.steps ?? [])
            return (image, try MachineHistory.of(image.manifest, record.machine.actions, steps))
        } catch let error as WarehouseError {
            throw ServiceError(error, ofMachine: record.id)
        }
    }

    /// Ends the making of an image, however it went, and wherever a crash left it: lets the machine go on, removes the copy
    /// of its disk, and forgets the intent last.
    ///
    /// - Parameters:
    ///   - id: The machine.
    ///   - answer: The image, if it was made and is not in the book yet.
    /// - Throws: What keeps the machine from going on. Then the intent stays, and the next comparison tries again.
    func endPublication(of id: MachineID, with answer: MachineImage? = nil) async throws {
        guard let intent = try await machines.record(id)?.extra.publication else { return }
        if intent.suspends { try await letGoOn(id) }
        try await host.disks.removeSnapshot(of: id)
        let made = try await made(intent, id, answer)
        let events = made.map { [MachineEvent(kind: .step, message: "published as image \($0.name)")] } ?? []
        try await machines.update(id, events: events) { record in
            record.extra.publication = nil
            guard let made else { return }
            record.extra.images = (record.extra.images ?? []).filter { $0.name != made.name } + [made]
        }
        FaultPoint.pass("publish-ended")
    }

    /// One that was stopped meanwhile has nothing to go on with.
    private func letGoOn(_ id: MachineID) async throws {
        guard try await host.hypervisor.state(id.resourceName) == .paused else { return }
        try await host.hypervisor.resume(id.resourceName)
    }

    /// The image, if it is in the warehouse: a crash may have come between it and the book.
    private func made(_ intent: PublicationIntent, _ id: MachineID, _ answer: MachineImage?) async throws -> MadeImage?
    {
        guard let manifest = try await host.disks.warehouse.manifest(named: intent.name), intent.made(manifest) else {
            return nil
        }
        let found = MachineImage(
            name: intent.name,
            machine: id,
            isDone: true,
            progress: "published",
            digest: manifest.contentDigest,
            parent: intent.parent.description,
            actions: intent.history.count
        )
        return MadeImage(
            name: intent.name,
            digest: manifest.contentDigest,
            history: intent.history,
            answer: answer ?? found
        )
    }
}
