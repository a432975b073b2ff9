import DAGModel
import Logging
import MachineBook
import ShopAPI

/// What the parts of a plant share: its books and its host. Values and handles only; no state of
/// its own.
struct PlantParts: Sendable {
    let settings: PlantSettings
    let machines: MachineStore<PlantExtra>
    /// The starts of shops that it has heard of.
    let epochs: ShopEpochs
    let journal: Journal
    let jobs: JobBook
    let claims: ClaimBook
    let leases: LeaseBook
    let durations: DurationBook
    let host: HostResources
    let images: PlantImages
    /// Machines that stand ready for requests to come.
    let pool: SparePool
    /// Which machines with an idle limit are used.
    let idle: IdleWatch
    /// Lets so many guests start at a time. More than there are processors only make each other late: each serves its timer
    /// meanwhile. One that takes long does not count after a while, so that one that never reports holds up no other.
    let starts: AsyncSemaphore
    /// Where the addresses come from, if not from the pool.
    let addressFile: AddressFile?
    let logger: Logger
    let parser = RequestParser()

    /// Acquires a resource: recorded as an intention, made, recorded as held.
    func acquire(_ resource: HostResource, for order: MachineOrder) async throws {
        try await acquire(resource, for: order.id) { try await host.acquire(resource, for: order) }
    }

    /// Acquires a resource by an act of the caller's.
    func acquire(_ resource: HostResource, for id: MachineID, by act: () async throws -> Void) async throws {
        let began = ContinuousClock.now
        let entry = try await journal.intend(resource, for: id)
        FaultPoint.pass("acquire-\(resource.name)-intended")
        do {
            try await act()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ServiceError(.hostFailed, "plant \(settings.name): \(resource.name): \(Self.message(of: error))")
        }
        FaultPoint.pass("acquire-\(resource.name)-acted")
        try await journal.complete(entry)
        FaultPoint.pass("acquire-\(resource.name)-held")
        let milliseconds = Int((ContinuousClock.now - began).seconds * 1000)
        try await machines.note(MachineEvent(kind: .step, message: "\(resource.title) (\(milliseconds) ms)"), on: id)
    }

    /// Gives back everything a machine holds. The domain goes first: nothing is taken from under a running guest.
    ///
    /// - Parameters:
    ///   - id: The machine.
    ///   - kept: What it keeps.
    /// - Throws: The first failure. What could not be given back, and what it may depend on, stays in the journal.
    func releaseAll(of id: MachineID, butKeep kept: HostResource? = nil) async throws {
        let entries = try await journal.entriesToUndo(of: id).filter { $0.resource != kept }
        let domainFirst = entries.filter { $0.resource == .domain } + entries.filter { $0.resource != .domain }
        for entry in domainFirst {
            FaultPoint.pass("release-\(entry.resource.name)-begun")
            do {
                try await host.release(entry.resource, of: id)
                FaultPoint.pass("release-\(entry.resource.name)-acted")
                try await journal.forget(entry)
                FaultPoint.pass("release-\(entry.resource.name)-forgotten")
            } catch {
                logger.warning(
                    "resource could not be released",
                    metadata: ["machine": "\(id)", "resource": "\(entry.resource.name)", "error": "\(error)"]
                )
                // A later entry may depend on this one, the lease on all of them: the next pass tries again.
                throw ServiceError(.hostFailed, "\(entry.resource.name): \(Self.message(of: error))")
            }
        }
        try await jobs.forget(id)
    }

    /// What an error says, without the wrapping of its type where it describes itself.
    static func message(of error: any Error) -> String {
        (error as? ServiceError)?.message ?? "\(error)"
    }
}
