import DAGModel
import Hypervisor
import MachineBook
import ShopAPI
import Warehouse

/// Makes an image of a machine: records that it will, stops the machine for as long as its disk is copied, and publishes
/// the copy while the machine goes on.
///
/// Whoever runs it is alone with the machine.
struct ImagePublication: Sendable {
    let plant: PlantParts
    let id: MachineID
    let name: String
    var origin = ImageOrigin.machine
    var replaces = false
    /// Told how far it is.
    var report: @Sendable (String) async -> Void = { _ in }

    private var warehouse: Warehouse { plant.host.disks.warehouse }

    /// Publishes.
    ///
    /// - Parameters:
    ///   - image: The version that the machine was cloned from.
    ///   - history: What the new image is to say of itself.
    /// - Returns: The image.
    /// - Throws: ``ServiceError``. The machine runs if it ran before.
    func run(_ image: WarehouseImage, _ history: [PerformedAction]) async throws -> MachineImage {
        let state = try await plant.host.hypervisor.state(id.resourceName)
        guard state != .stalled else {
            throw ServiceError(.machineBusy, "machine \(id) stands still because its disk could not be written")
        }
        let intent = PublicationIntent(
            name: name,
            parent: image.manifest.reference,
            history: history.map(\.key),
            origin: origin,
            began: .now,
            suspends: state == .running
        )
        try await plant.machines.update(id) { $0.extra.publication = intent }
        FaultPoint.pass("publish-recorded")
        do {
            return try await publish(image, history, intent)
        } catch {
            try? await plant.endPublication(of: id)
            throw error
        }
    }

    private func publish(
        _ image: WarehouseImage,
        _ history: [PerformedAction],
        _ intent: PublicationIntent
    ) async throws -> MachineImage {
        var answer = MachineImage(
            name: name,
            machine: id,
            parent: image.manifest.reference.description,
            actions: history.count
        )
        if intent.suspends {
            await report("the guest writes what it holds in memory")
            if let warning = try await GuestSync(plant: plant, id: id).run() { answer.warnings.append(warning) }
        }
        var (snapshot, pause) = try await snapshot(image, intent)
        answer.pause = pause
        if snapshot.standsOnImage, Warehouse.isDeep(image.manifest) {
            await report("the disk is made whole, since it would stand on too many")
            snapshot = try await plant.host.disks.flatten(snapshot, of: id)
        }
        await report("the copy is published")
        let manifest = try await place(draft(image, history, snapshot))
        FaultPoint.pass("publish-placed")
        answer.isDone = true
        answer.progress = "published"
        answer.digest = manifest.contentDigest
        try await plant.endPublication(of: id, with: answer)
        return answer
    }

    /// Copies the disk while nobody writes to it, and says how long the machine stood still for that.
    private func snapshot(
        _ image: WarehouseImage,
        _ intent: PublicationIntent
    ) async throws -> (DiskSnapshot, pause: Double?) {
        await report("the disk is copied")
        guard intent.suspends else {
            return (try await plant.host.disks.snapshot(of: id, of: image), nil)
        }
        let began = ContinuousClock.now
        try await plant.host.hypervisor.suspend(id.resourceName)
        FaultPoint.pass("publish-suspended")
        let snapshot = try await plant.host.disks.snapshot(of: id, of: image)
        FaultPoint.pass("publish-copied")
        try await plant.host.hypervisor.resume(id.resourceName)
        FaultPoint.pass("publish-resumed")
        return (snapshot, (ContinuousClock.now - began).seconds)
    }

    private func draft(
        _ image: WarehouseImage,
        _ history: [PerformedAction],
        _ snapshot: DiskSnapshot
    ) -> ImageDraft {
        let manifest = image.manifest
        var draft = ImageDraft(
            name: name,
            disk: snapshot.path,
            format: .qcow2,
            boot: image.kernelPath.map { kernel in
                .init(kernel: kernel, initrd: image.initrdPath, commandLine: manifest.boot?.commandLine ?? "")
            },
            hardware: manifest.hardware,
            operatingSystem: manifest.operatingSystem,
            guest: manifest.guest,
            history: history,
            description: "made of machine \(id)"
        )
        draft.base = snapshot.standsOnImage ? image : nil
        draft.parent = manifest.reference
        draft.origin = origin
        return draft
    }

    /// Other plants may have machines on what is replaced, so that stays; the collection of garbage looks after it.
    private func place(_ draft: ImageDraft) async throws -> ImageManifest {
        do throws(WarehouseError) {
            return try await warehouse.publish(draft, replace: replaces, keepReplaced: true)
        } catch {
            throw ServiceError(error, ofMachine: id)
        }
    }
}

extension ServiceError {
    /// What kept an image from being made of a machine.
    init(_ error: WarehouseError, ofMachine id: MachineID) {
        let code: ErrorCode =
            switch error.code {
            case .nameTaken: .imageTaken
            case .invalidName: .callInvalid
            case .busy: .machineBusy
            case .invalidDraft, .unsafeImage, .notFound, .damaged: .imageRefused
            case .cancelled: .cancelled
            default: .hostFailed
            }
        self.init(code, "no image of machine \(id): \(error.message)")
    }
}
