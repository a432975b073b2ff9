import CostModel
import Hypervisor
import Logging
import MachineBook
import NetStore
import ShopAPI
import Warehouse

extension Creation {
    /// How many seconds a guest that woke up before may take to say that it is the machine, at least; it may take five times as
    /// long as others of its image take to wake up.
    private static let patience = 5.0

    /// Makes the machine of a spare, where one stands ready. One that cannot be used is ended, and the machine is made as if
    /// there had been none.
    ///
    /// - Returns: How many seconds the guest took to become the machine; nothing where there is none.
    /// - Throws: What failed in the plant's book, or that the creation was cancelled.
    func takeSpare() async throws -> Double? {
        // A machine that is made anew has its address already.
        guard let kind = SpareKind(order.plan, domain: order.domain), plant.settings.poolMemory > 0,
            try await plant.host.addresses.lease(of: order.id.resourceName) == nil,
            let spare = await plant.pool.take(kind, by: order.plan)
        else { return nil }
        do {
            let seconds = try await takeOver(spare)
            await plant.pool.forget(spare)
            return seconds
        } catch {
            do {
                guard !Task.isCancelled else { throw error }
                warn(spare, error)
                // The domain may bear the machine's name already; the address that it uses may be the spare's still.
                try await plant.releaseAll(of: order.id)
                await plant.pool.end(spare)
                return nil
            } catch {
                await plant.pool.end(spare)
                throw error
            }
        }
    }

    private func warn(_ spare: MachineID, _ error: any Error) {
        let reason = PlantParts.message(of: error)
        let details: Logger.Metadata = ["machine": "\(order.id)", "spare": "\(spare)", "error": "\(reason)"]
        plant.logger.warning("spare not used", metadata: details)
    }

    /// First what has names of its own, then the rest, which one row of the address book tells. Whatever a crash leaves is the
    /// machine's by its journal, or in no book and an orphan; never both, never half of each in use.
    private func takeOver(_ spare: MachineID) async throws -> Double {
        try await plant.journal.beginTakeOver(by: order.id)
        FaultPoint.pass("take-begun")
        try await plant.host.disks.rename(spare, to: order)
        FaultPoint.pass("take-files")
        try await plant.host.rename(spare, to: order)
        FaultPoint.pass("take-domain")
        try await plant.journal.completeTakeOver(
            of: spare,
            by: order.id,
            with: Self.resources(of: order.plan),
            plant.host.addresses
        )
        FaultPoint.pass("take-passed")
        // For when the guest starts again: who it is then, its seed disk says.
        if order.plan.image.manifest.guest == .cloudInit { try await plant.host.acquire(.seed, for: order) }
        try await plant.host.tell(order)
        FaultPoint.pass("take-told")
        try await announceAddress()
        let seconds = try await plant.starts.run { try await goOn() }
        let message = "a spare became the machine (\(Int(seconds * 1000)) ms)"
        try await plant.machines.note(MachineEvent(kind: .booted, message: message), on: order.id)
        try await plant.durations.learn(DurationBook.Subject.taking(order.plan.image.manifest), seconds: seconds)
        return seconds
    }

    private func goOn() async throws -> Double {
        let wakes = try await plant.durations.expected(DurationBook.Subject.start(of: order.plan.image.manifest))
        let began = ContinuousClock.now
        try await plant.host.hypervisor.resume(order.id.resourceName)
        GuestKnock.send(to: try await plant.host.lease(of: order.id))
        try await GuestWatch(plant: plant, id: order.id).waitForHeartbeat(
            afterWaking: true,
            atMost: max(Self.patience, 5 * wakes.seconds)
        )
        return (ContinuousClock.now - began).seconds
    }
}
