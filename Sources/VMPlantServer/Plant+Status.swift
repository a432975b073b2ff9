import CostModel
import DAGModel
import Hypervisor
import MachineBook
import NetStore
import ShopAPI

extension Plant {
    func status() async throws -> ServiceStatus {
        let problems = await problems
        var details = [
            "hypervisor": settings.hypervisorURI, "fileServer": settings.fileServer, "policy": settings.policy.text,
        ]
        let capabilities = try? await parts.host.hypervisor.capabilities()
        details["attributes"] = PlantAttributes.all(settings, on: capabilities).listed
        let promised = try await parts.claims.promised()
        details.merge(PlantCapacity(settings, on: capabilities).details(promised)) { own, _ in own }
        if let capabilities {
            details["domainType"] = capabilities.type
            details["kvm"] = capabilities.kvmReason
        }
        details["freeAddresses"] = (try? await parts.host.addresses.free).map { "\($0)" }
        details["cordon"] = try await parts.claims.cordon()?.sentence
        details["listeners"] = "\(await listeners.count)"
        if settings.poolMemory > 0 { details["spares"] = await parts.pool.summary }
        details["estimates"] = (try? await parts.durations.accuracy())?.description
        return ServiceStatus(
            name: settings.name,
            role: .plant,
            isReady: problems.isEmpty,
            problems: problems,
            machines: promised.machines,
            details: details
        )
    }

    func plants() async throws -> [PlantStatus] {
        [PlantStatus(url: "http://\(settings.host):\(settings.port)", status: try await status(), problem: nil)]
    }
}

/// Whether the plant may take machines: not before its book and its host have been made to agree once, and not while the
/// last attempt to do so failed.
actor Readiness {
    private(set) var problems = ["its book and its host have not been compared yet"]

    /// What keeps the plant from making machines of some client domains, by domain; others are not concerned.
    private(set) var broken: [String: String] = [:]

    /// Whether something about a machine is left to be done, so that the next comparison must not wait long.
    private(set) var isAnotherPassNeeded = false

    /// Whether the last look at the host found no machines of another plant. Until there was one, nobody knows.
    private(set) var isAlone = false

    /// Notes whether machines of another plant are on the host.
    func set(isAlone: Bool) { self.isAlone = isAlone }

    /// Notes that a comparison begins: what is found from now on is for the next.
    func beginPass() { isAnotherPassNeeded = false }

    /// Notes how the last comparison went.
    func set(_ problems: [String]) { self.problems = problems }

    /// Notes what the last comparison could not restore.
    func set(broken: [String: String]) { self.broken = broken }

    /// Asks for the next comparison to come soon. It does not keep the plant from taking machines.
    func needAnotherPass() { isAnotherPassNeeded = true }
}
