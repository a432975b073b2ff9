import CostModel
import DAGModel
import Hypervisor
import NetStore

extension PlantCapacity {
    /// What a plant may promise. Where nothing is said of memory, it is the host's, less what spares may have; where nothing
    /// is said of processors, each of the host's counts for sixteen, as in OpenStack. libvirt's test driver has no host.
    init(_ settings: PlantSettings, on host: HypervisorCapabilities?) {
        let isReal = host.map { $0.type != "test" } ?? false
        let memory = isReal ? host.map { max(0, $0.hostMemory - settings.poolMemory) } : nil
        let cpus = isReal ? host.map { $0.hostCPUs * Self.machinesPerProcessor } : nil
        self.init(
            machines: settings.maximumMachines,
            memory: settings.maximumMemory ?? memory,
            cpus: settings.maximumCPUs ?? cpus,
            disk: settings.maximumDisk
        )
    }

    private static let machinesPerProcessor = 16

    /// What is promised of it, for people.
    func details(_ promised: Commitments) -> [String: String] {
        func part(_ used: Int, _ total: Int?, _ text: (Int) -> String) -> String {
            total.map { "\(text(used)) of \(text($0))" } ?? text(used)
        }
        let bytes: (Int) -> String = { "\(ByteCount(bytes: ($0 >> 20) << 20))" }
        return [
            "memory": part(promised.claim.memory, memory, bytes), "cpus": part(promised.claim.cpus, cpus) { "\($0)" },
            "disk": part(promised.claim.disk, disk, bytes), "reservations": "\(promised.reservations)",
        ]
    }
}

extension PlantLoad {
    /// The load of a plant that makes a machine besides what it has promised; none where that is not known.
    init(_ room: ClaimBook.Room?, with claim: ResourceClaim, of capacity: PlantCapacity) {
        self.init(
            runningMachines: room?.promised.machines ?? 0,
            domainHasNetwork: room?.standing.hasNetwork ?? false
        )
        machinesOfDomain = room?.machinesOfDomain ?? 0
        fullness = room.map { capacity.fullness(with: claim, beside: $0.promised) } ?? 0
    }
}
