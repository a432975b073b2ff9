import FoundationEssentials
import Glibc
import Libvirt
import Testing

@testable import Hypervisor

@Suite("Saved and woken under a private libvirtd", .serialized, .timeLimit(.minutes(2)))
struct WakingTests {
    @Test("domains wake from one state at once, go on where it stopped, each with what is its own")
    func many() async throws {
        try await PrivateLibvirtd.with { daemon in
            let hypervisor = try await LibvirtHypervisor.open(uri: daemon.uri, plant: "p1")
            try await Self.makeNetwork(hypervisor.connection)
            let state = try await Self.savedState(hypervisor, daemon)
            #expect(state.machineType?.hasPrefix("pc-i440fx-") == true)
            #expect(try await hypervisor.state("vm-0") == .stopped)
            try await hypervisor.undefine("vm-0")
            try FileManager.default.removeItem(atPath: "\(daemon.directory)/vm-0-vda.img")

            let specs = try (1...3).map { try Self.waking($0, from: state, daemon) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for spec in specs {
                    group.addTask {
                        try await hypervisor.define(spec)
                        for _ in 0..<2 { try await hypervisor.wake(spec) }
                    }
                }
                try await group.waitForAll()
            }
            for spec in specs {
                let mac = try #require(spec.interface?.mac)
                try await QEMUTests.wait(for: "cards \(mac) end", from: spec)
                let console = try String(
                    decoding: Data(contentsOf: URL(fileURLWithPath: spec.consoleLog)),
                    as: UTF8.self
                )
                #expect(!console.contains("guest is up") && !console.contains("count 1 "))
                let xml = try await hypervisor.connection.domainXML(spec.name)
                #expect(AttachedDisk(target: "vda", in: xml)?.path == spec.disks[0].path)
                #expect(!xml.contains("vm-0"))
                #expect(try await daemon.send("count \(spec.name)") == "1")
                #expect(!FileManager.default.fileExists(atPath: spec.consoleLog + ".state"))
            }
            let marked = try await hypervisor.marked()
            #expect(marked.map(\.machineID) == specs.map(\.machineID))
            #expect(Set(marked.map(\.uuid)).count == 3)
            for spec in specs { try await hypervisor.destroy(spec.name) }
        }
    }

    @Test("a domain that was woken starts from its disk the next time, with its network card")
    func startedLater() async throws {
        try await PrivateLibvirtd.with { daemon in
            let hypervisor = try await LibvirtHypervisor.open(uri: daemon.uri, plant: "p1")
            try await Self.makeNetwork(hypervisor.connection)
            let spec = try Self.waking(1, from: try await Self.savedState(hypervisor, daemon), daemon)
            try await hypervisor.define(spec)
            try await hypervisor.wake(spec)
            try await hypervisor.destroy(spec.name)
            #expect(try await hypervisor.state(spec.name) == .stopped)
            try await hypervisor.start(spec.name)
            try await QEMUTests.untilUp(spec)
            try await QEMUTests.wait(for: "cards 52:54:00:77:00:11 end", from: spec)
        }
    }

    @Test("a state that ends too early leaves no domain running, and says so")
    func cutShort() async throws {
        try await PrivateLibvirtd.with { daemon in
            let hypervisor = try await LibvirtHypervisor.open(uri: daemon.uri, plant: "p1")
            try await Self.makeNetwork(hypervisor.connection)
            let state = try await Self.savedState(hypervisor, daemon)
            #expect(truncate(state.statePath, 1_000_000) == 0)
            let spec = try Self.waking(1, from: state, daemon)
            try await hypervisor.define(spec)
            await #expect(throws: HypervisorError.self) { try await hypervisor.wake(spec) }
            #expect(!FileManager.default.fileExists(atPath: spec.consoleLog + ".state"))
            #expect(try await hypervisor.state(spec.name) != .running)
            #expect(try await daemon.send("count \(spec.name)") == "0")
        }
    }
}

extension WakingTests {
    /// The state of a guest that counts.
    private static func savedState(
        _ hypervisor: LibvirtHypervisor,
        _ daemon: PrivateLibvirtd
    ) async throws -> SavedState {
        var spec = try counting("vm-0", daemon)
        spec.saves = SavedState(kind: .restore, statePath: "\(daemon.directory)/vm-0.state")
        try await hypervisor.define(spec)
        try await hypervisor.start(spec.name)
        try await QEMUTests.wait(for: "count 3 ", from: spec)
        return try await hypervisor.save(spec)
    }

    private static func waking(_ number: Int, from state: SavedState, _ daemon: PrivateLibvirtd) throws -> DomainSpec {
        var spec = try counting("vm-\(number)", daemon)
        spec.machineID = "01ARZ3NDEKTSV4RRFFQ69G5FA\(number)"
        spec.wakes = state
        spec.interface = InterfaceSpec(network: "n1", mac: "52:54:00:77:00:1\(number)", tapName: "vms\(number)")
        return spec
    }

    private static func counting(_ name: String, _ daemon: PrivateLibvirtd) throws -> DomainSpec {
        var spec = try QEMUTests.spec(name, daemon)
        spec.boot?.commandLine += " vmshop.then=count"
        return spec
    }

    private static func makeNetwork(_ connection: VirtConnection) async throws {
        try await connection.defineNetwork(
            """
            <network><name>n1</name><bridge name='vmsbr0' stp='off' delay='0'/>
            <ip address='192.168.77.1' netmask='255.255.255.0'/></network>
            """
        )
        try await connection.createNetwork("n1")
    }
}
