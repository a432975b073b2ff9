import Hypervisor
import Logging
import MachineBook
import NetStore
import ShopAPI
import Warehouse

/// Makes spares, lets them run a moment, and ends them.
struct SpareMaker: Sendable {
    let parts: PlantParts

    /// What a spare holds, in the order in which it is given back; a seed disk goes with the other one.
    private static let resources: [HostResource] = [.domain, .disk, .export, .share, .filter, .network, .lease]
    /// The job by which all that a job needs has run once: the machine that is made of the spare has it behind it.
    static let rehearsal = "rehearsal"
    /// How long a spare runs at a time. Its guest looks at its share 20 times a second.
    private static let moment = Duration.milliseconds(150)

    /// Makes one, which stands still when this returns.
    ///
    /// - Parameters:
    ///   - id: Its id.
    ///   - domain: The client domain that it is for.
    ///   - plan: What it is made by.
    /// - Throws: What failed; what there is of it is left.
    func make(_ id: MachineID, domain: String, _ plan: Plan) async throws {
        let order = MachineOrder(id: id, name: "spare", domain: domain, plan: plan, isSpare: true)
        for resource in Creation.resources(of: plan) {
            try Task.checkCancellation()
            try await parts.host.acquire(resource, for: order)
        }
        FaultPoint.pass("spare-acquired")
        let lease = try await parts.host.lease(of: id)
        let share = try ScriptShare(lease: lease)
        try await GuestWatch(plant: parts, id: id).waitForHeartbeat(afterWaking: true)
        guard try await share.heartbeat()?.canStandBy == true else {
            throw ServiceError(
                .guestSilent,
                "the guest runner of image \(plan.image.manifest.name) is too old for a spare",
                hint: "make the image again with a runner of this version"
            )
        }
        try await rehearse(id, lease, share)
        try await parts.host.hypervisor.suspend(id.resourceName)
        FaultPoint.pass("spare-ready")
    }

    private func rehearse(_ id: MachineID, _ lease: GuestLease, _ share: ScriptShare) async throws {
        let job = try ScriptJob(
            name: JobName(sequence: 1, action: Self.rehearsal),
            script: Array("exit 0\n".utf8),
            environment: ["REHEARSAL": "yes"],
            timeout: .seconds(10),
            nonce: MachineID.new().text
        )
        try await share.enqueue(job)
        GuestKnock.send(to: lease)
        let outcome = try await GuestWatch(plant: parts, id: id).wait(atMost: .seconds(20)) {
            try await share.outcome(of: job.name, nonce: job.nonce)
        }
        guard outcome?.isSuccess == true else { throw ServiceError(.guestSilent, "the guest of a spare does no jobs") }
        // Time for what its runner does when nobody waits for it.
        try await Task.sleep(for: Self.moment)
    }

    /// Lets one run a moment.
    ///
    /// - Throws: What failed, or that it stands still no more.
    func stir(_ id: MachineID) async throws {
        guard try await parts.host.hypervisor.state(id.resourceName) == .paused else {
            throw ServiceError(.machineLost, "the spare has ended")
        }
        try await parts.host.hypervisor.resume(id.resourceName)
        try await Task.sleep(for: Self.moment)
        try await parts.host.hypervisor.suspend(id.resourceName)
    }

    /// Gives back all that one holds. What is gone already is done.
    ///
    /// - Throws: The first failure; what may depend on it is left.
    func end(_ id: MachineID) async throws {
        for resource in Self.resources { try await parts.host.release(resource, of: id) }
    }
}
