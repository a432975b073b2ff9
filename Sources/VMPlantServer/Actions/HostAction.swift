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
        guard serial.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9_-]{0,19}/) != nil else {
            throw ServiceError(.actionFailed, "SERIAL must be 1 to 20 of A-Z a-z 0-9 _ -, not `\(serial.prefix(40))`")
        }
        let disks = try await plant.journal.entriesToUndo(of: id).reversed().filter(\.resource.isDataDisk)
        let resource = HostResource.dataDisk(serial: serial)
        guard !disks.contains(where: { $0.resource == resource && $0.state == .held }) else { return serial }
        // A disk keeps its place: an earlier try, which may have taken effect, is repeated and not doubled.
        let places = disks.map(\.resource).reduce(into: [HostResource]()) { if !$0.contains($1) { $0.append($1) } }
        let place = places.firstIndex(of: resource) ?? places.count
        guard let letter = "bcdefghijklmnop".dropFirst(place).first else {
            throw ServiceError(.actionFailed, "a machine can have 15 data disks, not more")
        }
        try await plant.acquire(resource, for: id) {
            let path = try await plant.host.disks.makeDataDisk(serial, of: id, size: size.bytes)
            let disk = DiskSpec(path: path, format: .qcow2, target: "vd\(letter)", serial: serial)
            try await plant.host.hypervisor.attach(disk, to: id.resourceName)
        }
        return serial
    }
}

extension HostResource {
    fileprivate var isDataDisk: Bool {
        if case .dataDisk = self { true } else { false }
    }
}
