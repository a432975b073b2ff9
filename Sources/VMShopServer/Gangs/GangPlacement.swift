import DAGModel
import Logging
import MachineBook
import ShopAPI

/// Brings a gang about: keeps a place for each of its machines, has them made once all have one, and collects all when one cannot be
/// made. Goes on from wherever the book says it is.
struct GangPlacement: Sendable {
    let shop: Shop
    let gang: Gang
    let document: [UInt8]
    /// The request, where it is read already.
    var request: Request?

    private var parts: ShopParts { shop.parts }

    /// What the shop's own book refuses says nothing about the gang: it stays as it is, and the upkeep goes on from there.
    func run() async {
        do {
            if gang.state == .placing {
                guard try await place() else { return }
            }
            try await settle()
        } catch is CancellationError {
            // Who collects it goes on from here, or the shop's next start.
        } catch {
            parts.logger.warning("gang paused", metadata: ["gang": "\(gang.id)", "error": "\(error)"])
        }
    }

    // MARK: All or none

    /// Has the machines made, if each could be kept a place.
    private func place() async throws -> Bool {
        let request: Request
        do {
            // A later version may find mistakes in it.
            request = if let read = self.request { read } else { try await shop.parser.read(document) }
            try await keepPlaces(request)
            FaultPoint.pass("gang-kept")
            try await record(request)
        } catch {
            // Who is told to stop is followed by somebody who gives them back.
            if !Task.isCancelled { await shop.giveBackPlaces(of: gang) }
            await parts.gate.leave(gang.domain, gang.count)
            guard var reason = error as? ServiceError, parts.plants.fence.reason == nil else { throw error }
            reason.message = "not each of \(gang.count) machines has a place, so none is made: \(reason.message)"
            try await fail(reason)
            return false
        }
        FaultPoint.pass("gang-placed")
        for id in gang.machines { await shop.place(id, gang.domain, nil, request) }
        return true
    }

    /// Keeps a place for each machine, as long as there is one for each. What is being asked for then is waited for, so that it can be
    /// given back.
    private func keepPlaces(_ request: Request) async throws {
        // Where all plants are asked, each place must be counted before the next is sought: else all go to the same plant.
        let isTold = parts.settings.listens(to: parts.plants.urls.count)
        let failure = await withTaskGroup(of: (any Error)?.self) { group in
            var failure: (any Error)?
            for (index, id) in gang.machines.enumerated() {
                if index >= (isTold ? Shop.atOnce : 1), let error = await group.next() { failure = failure ?? error }
                guard failure == nil else { break }
                group.addTask { await keepPlace(id, request) }
            }
            for await error in group { failure = failure ?? error }
            return failure
        }
        if let failure { throw failure }
    }

    /// Keeps a place for a machine.
    ///
    /// - Returns: Why there is none; nothing when it is kept.
    private func keepPlace(_ id: MachineID, _ request: Request) async -> (any Error)? {
        do {
            _ = try await shop.keepPlace(id, request, document, gang.policy)
            return nil
        } catch {
            return error
        }
    }

    /// All machines come into the book together, if the gang is still wanted.
    private func record(_ request: Request) async throws {
        let rows = gang.machines.map { id in
            let machine = request.machine(id, gang.requestDigest)
            return ShopRecord(machine: machine, document: document, extra: ShopExtra(policy: gang.policy))
        }
        try await parts.machines.write { transaction in
            try transaction.updateGang(gang.id) { gang in
                guard gang.state == .placing else { throw CancellationError() }
                try gang.become(.creating)
            }
            for row in rows {
                guard try transaction.insert(row).isNew else {
                    throw ServiceError(
                        .machineConflict,
                        "there is a machine \(row.id) already, whose id the gang would use"
                    )
                }
            }
        }
    }

    private func fail(_ error: ServiceError) async throws {
        parts.logger.info("gang failed", metadata: ["gang": "\(gang.id)", "reason": "\(error)"])
        try await parts.machines.write { transaction in
            try transaction.updateGang(gang.id) { gang in
                guard [.placing, .creating].contains(gang.state) else { return }
                gang.error = error
                try gang.become(.failed)
            }
        }
        FaultPoint.pass("gang-failed")
    }

    // MARK: Its machines

    /// A wait for events ends and begins again so often.
    private static let longest = Duration.seconds(30)

    /// Waits until all machines are made, or until one is not.
    private func settle() async throws {
        try await withThrowingTaskGroup(of: ServiceError?.self) { group in
            for id in gang.machines { group.addTask { try await end(of: id) } }
            for try await failure in group {
                guard let failure else { continue }
                // The others are under way, and end by this.
                _ = try await shop.collectMachines(of: gang)
                try await fail(failure)
                return group.cancelAll()
            }
            try await parts.machines.write { transaction in
                try transaction.updateGang(gang.id) { if $0.state == .creating { try $0.become(.ready) } }
            }
            FaultPoint.pass("gang-settled")
        }
    }

    /// Waits until a machine is made, by whoever is at work on it.
    ///
    /// - Returns: Why it is not; nothing when it is.
    private func end(of id: MachineID) async throws -> ServiceError? {
        var seen = 0
        while true {
            let page = try await parts.machines.events(of: id, after: seen, wait: Self.longest)
            try Task.checkCancellation()
            seen = page.events.last?.sequence ?? seen
            switch page.state {
            case .placing, .creating: continue
            case .ready, .configuring, .stopped: return nil
            case .failed, .lost, .collecting, .collected: return try await reason(id, page.state)
            }
        }
    }

    private func reason(_ id: MachineID, _ state: MachineState) async throws -> ServiceError {
        let failure = try await parts.machines.record(id)?.machine.error
        var error = failure ?? ServiceError(.cancelled, "it is \(state.rawValue)")
        error.message = "machine \(id) of the gang was not made, so the others are collected: \(error.message)"
        return error
    }
}
