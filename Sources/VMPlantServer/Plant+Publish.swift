import ClassAds
import DAGModel
import Logging
import MachineBook
import ShopAPI
import Warehouse

extension Plant {
    /// How long a call waits for an image, below the time limits of those who call.
    private static let longestWait = Duration.seconds(15)

    func publishImage(of id: MachineID, as name: String, replace: Bool) async throws -> MachineImage {
        guard let record = try await parts.machines.record(id) else { throw ServiceError.unknown(id) }
        if case .running = await publications.state(id, name) { return try await waitForImage(id, name) }
        let source = try await parts.source(record)
        if let known = try await madeImage(record, name, source.history) { return known }
        guard [.ready, .stopped].contains(record.machine.state) else { throw Self.notResting(record.machine) }
        // What publishes a running machine lets it go on afterwards.
        try Self.requireAwake(record.machine)
        try await requireReady()
        try await checkName(name, replace)
        guard try await publications.begin(id, as: name) else { return try await waitForImage(id, name) }
        let isBegun = await tasks.begin(.publishing, on: id) { await makeImage(id, name, replace) }
        guard isBegun else {
            await publications.end(id, nil)
            throw ServiceError(
                .machineBusy,
                "something else is being done to machine \(id)",
                hint: "try again in a moment"
            )
        }
        return try await waitForImage(id, name)
    }

    private func makeImage(_ id: MachineID, _ name: String, _ replace: Bool) async {
        var failure: ServiceError?
        do {
            // Only from here on this is alone with the machine.
            guard let record = try await parts.machines.record(id) else { throw ServiceError.unknown(id) }
            guard [.ready, .stopped].contains(record.machine.state) else { throw Self.notResting(record.machine) }
            let source = try await parts.source(record)
            let publication = ImagePublication(plant: parts, id: id, name: name, replaces: replace) { progress in
                await publications.advance(id, progress)
            }
            _ = try await publication.run(source.image, source.history)
        } catch {
            let wrapped = ServiceError(.hostFailed, "plant \(settings.name): \(PlantParts.message(of: error))")
            failure = (error as? ServiceError) ?? wrapped
            await readiness.needAnotherPass()
            parts.logger.info("image not made", metadata: ["machine": "\(id)", "reason": "\(error)"])
        }
        await publications.end(id, failure)
    }

    /// Waits for an image that is being made, not for ever.
    private func waitForImage(_ id: MachineID, _ name: String) async throws -> MachineImage {
        let end = ContinuousClock.now + Self.longestWait
        while true {
            switch await publications.state(id, name) {
            case .failed(let error): throw error
            case .running(let progress) where ContinuousClock.now >= end:
                return MachineImage(name: name, machine: id, progress: progress)
            case .running:
                try await Task.sleep(for: .milliseconds(20))
            case nil:
                let images = try await parts.machines.record(id)?.extra.images ?? []
                if let made = images.last(where: { $0.name == name }) { return made.answer }
                throw ServiceError(.machineBusy, "the image \(name) was not made of machine \(id)", hint: "call again")
            }
        }
    }

    /// The answer that was given before, if the image is there and nothing was done to the machine since.
    private func madeImage(
        _ record: PlantRecord,
        _ name: String,
        _ history: [PerformedAction]
    ) async throws -> MachineImage? {
        let made = record.extra.images?.last { $0.name == name && $0.history == history.map(\.key) }
        guard let made else { return nil }
        let digest = try await planner.warehouse.manifest(named: name)?.contentDigest
        return digest == made.digest ? made.answer : nil
    }

    /// Said before the machine is made to stand still for nothing.
    private func checkName(_ name: String, _ replace: Bool) async throws {
        guard ImageName.isValid(name) else {
            let form = "1 to 63 of a-z 0-9 . _ -, a letter or a digit first"
            throw ServiceError(.callInvalid, "`\(name.prefix(64))` is no image name: \(form)")
        }
        guard !replace, try await planner.warehouse.manifest(named: name) != nil else { return }
        throw ServiceError(
            .imageTaken,
            "there is an image \(name) already",
            hint: "choose another name, or say that it is replaced"
        )
    }

    private static func notResting(_ machine: Machine) -> ServiceError {
        ServiceError(
            .machineBusy,
            "machine \(machine.id) is \(machine.state.rawValue)",
            hint: "an image is made of a ready or a stopped machine"
        )
    }
}
