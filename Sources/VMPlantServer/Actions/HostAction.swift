import DAGModel
import Hypervisor
import ShopAPI

/// An action on the host. Only named operations run here, never a script of the request.
struct HostAction: Sendable {
    let plant: PlantParts
    let id: MachineID

    /// Runs an action; whatever goes wrong is an outcome, so that its error policy decides.
    func perform(_ action: Action, _ parameters: [String: String]) async -> ActionOutcome {
        let began = ContinuousClock.now
        do {
            switch action.operation.name {
            case "attach-disk":
                let serial = try await attachDisk(action, parameters)
                var outcome = ActionOutcome(succeeded: true, seconds: (ContinuousClock.now - began).seconds)
                let published = PublishedOutputs(declared: action.outputs, published: ["serial": serial])
                outcome.outputs = published.attributes
                outcome.succeeded = published.problems.isEmpty
                outcome.output = published.problems.isEmpty ? nil : published.problems.joined(separator: "; ")
                return outcome
            default:
                return .failure("this plant knows no host operation `\(action.operation.name)`")
            }
        } catch {
            return .failure(PlantParts.message(of: error), seconds: (ContinuousClock.now - began).seconds)
        }
    }

    /// Makes an empty disk and attaches it. Publishes its serial, by which the guest finds it.
    private func attachDisk(_ action: Action, _ parameters: [String: String]) async throws -> String {
        guard let size = parameters["SIZE"].flatMap(ByteCount.init), size.bytes > 0 else {
            throw ServiceError(.actionFailed, "SIZE must be a size such as 1GiB")
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
            let path = try await plant.host.disks.makeDataDisk(serial, of: id, size: size.bytes)
            let disk = DiskSpec(path: path, format: .qcow2, target: "vd\(letter)", serial: serial)
            try await plant.host.hypervisor.attach(disk, to: id.resourceName)
        }
        return serial
    }
}
