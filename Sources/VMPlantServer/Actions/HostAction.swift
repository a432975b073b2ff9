import DAGModel
import Hypervisor
import ShopAPI
import Warehouse

/// An action on the host. Only named operations run here, never a script of the request.
struct HostAction: Sendable {
    let plant: PlantParts
    let id: MachineID

    /// Runs an action within its time limit; whatever goes wrong is an outcome, so that its error policy decides.
    ///
    /// What was under way at the limit is waited for, since the next try must not meet it: that takes as long as the
    /// hypervisor's own deadlines at most.
    func perform(_ action: Action, _ parameters: [String: String]) async -> ActionOutcome {
        let began = ContinuousClock.now
        var outcome = await withTaskGroup(of: ActionOutcome?.self) { group in
            group.addTask { await run(action, parameters) }
            group.addTask {
                try? await Task.sleep(for: min(action.timeout, Self.longestLimit))
                return nil
            }
            var first = await group.next() ?? nil
            // Who cancels also wakes the timer.
            if first == nil, Task.isCancelled { first = await group.next() ?? nil }
            group.cancelAll()
            return first ?? Self.overdue(action)
        }
        outcome.seconds = (ContinuousClock.now - began).seconds
        return outcome
    }

    /// A timer cannot be set for all times that a request can say.
    private static let longestLimit = Duration.seconds(365 * 86_400)

    private static func overdue(_ action: Action) -> ActionOutcome {
        var outcome = ActionOutcome.failure("the host did not do it within \(action.timeout.seconds.formatted) s")
        outcome.timedOut = true
        return outcome
    }

    private func run(_ action: Action, _ parameters: [String: String]) async -> ActionOutcome {
        do {
            switch action.operation.name {
            case "attach-disk":
                let serial = try await attachDisk(action, parameters)
                let published = PublishedOutputs(declared: action.outputs, published: ["serial": serial])
                var outcome = ActionOutcome(succeeded: published.problems.isEmpty)
                outcome.outputs = published.attributes
                outcome.output = published.problems.isEmpty ? nil : published.problems.joined(separator: "; ")
                return outcome
            default:
                return .failure("this plant knows no host operation `\(action.operation.name)`")
            }
        } catch {
            return .failure(PlantParts.message(of: error))
        }
    }

    /// Makes an empty disk and attaches it. Publishes its serial, by which the guest finds it.
    private func attachDisk(_ action: Action, _ parameters: [String: String]) async throws -> String {
        // What a parameter refers to is known only now; whatever it is, it must not bring the plant down.
        guard let wanted = parameters["SIZE"].flatMap(ByteCount.init),
            let size = QCOW2Header.diskSize(holding: wanted.bytes)
        else {
            let most = ByteCount(bytes: QCOW2Header.maximumVirtualSize)
            throw ServiceError(.actionFailed, "SIZE must be a size such as 1GiB, above 0 and at most \(most)")
        }
        let serial = parameters["SERIAL"] ?? action.id
        guard DataDisk.isSerial(serial) else {
            throw ServiceError(.actionFailed, "SERIAL must be \(DataDisk.serialForm), not `\(serial.prefix(40))`")
        }
        let entries = try await plant.journal.entriesToUndo(of: id).reversed()
        let place: Int
        switch DataDiskPlace(of: serial, for: action.id, in: Array(entries)) {
        case .attached: return serial
        case .taken(let other):
            throw ServiceError(.actionFailed, "\(other.title) already, by another action: choose another SERIAL")
        case .free(let number): place = number
        }
        guard let letter = "bcdefghijklmnop".dropFirst(place).first else {
            throw ServiceError(.actionFailed, "a machine can have 15 data disks, not more")
        }
        try await plant.acquire(.dataDisk(serial: serial, action: action.id), for: id) {
            let path = try await plant.host.disks.makeDataDisk(serial, of: id, size: size)
            let disk = DiskSpec(path: path, format: .qcow2, target: "vd\(letter)", serial: serial)
            try await plant.host.hypervisor.attach(disk, to: id.resourceName)
        }
        return serial
    }
}
