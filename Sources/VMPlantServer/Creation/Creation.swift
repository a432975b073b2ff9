import ClassAds
import CostModel
import DAGModel
import Logging
import MachineBook
import NetStore
import ShopAPI
import Warehouse

/// Makes a machine: record, then act; on failure undo. One of these lives as long as one creation.
struct Creation: Sendable {
    let plant: PlantParts
    let order: MachineOrder

    /// What a machine of this plan holds, in the order in which it is acquired.
    static func resources(of plan: Plan) -> [HostResource] {
        let seed: [HostResource] = plan.image.manifest.guest == .cloudInit ? [.seed] : []
        return [.lease, .network, .filter, .share, .export, .disk] + seed + [.domain]
    }

    /// Acquires everything, waits for the guest, carries out the actions that are left.
    ///
    /// - Throws: What failed. Nothing is undone here; whoever called does that, also when the task was cancelled.
    func run() async throws {
        let began = ContinuousClock.now
        let here = try await orderWithImage()
        let transfer = order.plan.transfer.map { _ in (ContinuousClock.now - began).seconds }
        try await Creation(plant: plant, order: here).make(since: began, transfer: transfer)
    }

    private func make(since began: ContinuousClock.Instant, transfer: Double?) async throws {
        if let start = try await takeSpare() { return try await configure(since: began, transfer, clone: 0, start) }
        var clone = 0.0
        for resource in Self.resources(of: order.plan) where resource != .domain {
            try Task.checkCancellation()
            let begun = ContinuousClock.now
            try await plant.acquire(resource, for: order)
            if resource == .disk { clone = (ContinuousClock.now - begun).seconds }
            if resource == .lease { try await announceAddress() }
        }
        let start = try await plant.starts.run {
            try await plant.acquire(.domain, for: order)
            return try await boot()
        }
        try await configure(since: began, transfer, clone: clone, start)
    }

    /// Carries out the actions on a machine whose guest has reported, and notes that it is ready.
    private func configure(
        since began: ContinuousClock.Instant,
        _ transfer: Double?,
        clone: Double,
        _ start: Double
    ) async throws {
        FaultPoint.pass("booted")
        try await GraphExecutor(plant: plant, id: order.id).run(order.plan.left)
        FaultPoint.pass("configured")
        try await register { timing, actions in
            let actual = (ContinuousClock.now - began).seconds
            timing.take(actual: actual, transfer: transfer, clone: clone, start: start, actions: actions)
        }
        FaultPoint.pass("registered")
    }

    /// Fetches the image if it is not here yet. It is not the machine's and stays; after a restart the rest is fetched.
    private func orderWithImage() async throws -> MachineOrder {
        guard let transfer = order.plan.transfer else { return order }
        let began = ContinuousClock.now
        var order = order
        order.plan.image = try await plant.images.bring(order.plan.image)
        let milliseconds = Int((ContinuousClock.now - began).seconds * 1000)
        let message =
            "image \(transfer.image) fetched from \(transfer.source), \(ByteCount(bytes: transfer.bytes)) (\(milliseconds) ms)"
        try await plant.machines.note(MachineEvent(kind: .step, message: message), on: order.id)
        return order
    }

    func announceAddress() async throws {
        let lease = try await plant.host.lease(of: order.id)
        try await plant.machines.update(order.id, isLazy: true) { record in
            record.machine.address = lease.address
            record.machine.attributes["Mac"] = .string(lease.mac)
        }
    }

    /// Waits for the guest; answers how many seconds that took.
    private func boot() async throws -> Double {
        let began = ContinuousClock.now
        let wakes = order.plan.image.manifest.memory != nil
        try await GuestWatch(plant: plant, id: order.id).waitForHeartbeat(afterWaking: wakes)
        let seconds = (ContinuousClock.now - began).seconds
        try await plant.durations.learn(DurationBook.Subject.start(of: order.plan.image.manifest), seconds: seconds)
        let message = "guest reported \(seconds.formatted) s after its start"
        try await plant.machines.note(MachineEvent(kind: .booted, message: message), on: order.id)
        return seconds
    }

    private func register(taking take: (inout MachineTiming, [ActionReport]) -> Void) async throws {
        let timing = try await timing(taking: take)
        try await plant.machines.update(order.id, events: timing.map { [Self.note($0)] } ?? []) { record in
            record.machine.state = .ready
            record.machine.ready = .now
            record.machine.timing = timing
        }
        guard let ratio = timing?.ratio else { return }
        try await plant.durations.learn([.ratio], seconds: ratio)
    }

    private func timing(taking take: (inout MachineTiming, [ActionReport]) -> Void) async throws -> MachineTiming? {
        guard let machine = try await plant.machines.record(order.id)?.machine, var timing = machine.timing else {
            return nil
        }
        take(&timing, machine.actions)
        return timing
    }

    private static func note(_ timing: MachineTiming) -> MachineEvent {
        let actual = timing.actual?.formatted ?? "?"
        return MachineEvent(kind: .step, message: "made in \(actual) s; \(timing.expected.formatted) s were expected")
    }
}

extension Double {
    /// The number with one decimal, for messages.
    var formatted: String { String((self * 10).rounded() / 10) }
}
