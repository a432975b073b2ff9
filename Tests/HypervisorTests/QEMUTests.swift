import FoundationEssentials
import Libvirt
import Testing

@testable import Hypervisor

@Suite("QEMU under a private libvirtd", .serialized, .timeLimit(.minutes(2)))
struct QEMUTests {
    @Test("a domain is defined, started, given a disk, relieved of it, ended and forgotten, each step twice")
    func life() async throws {
        try await PrivateLibvirtd.with { daemon in
            let hypervisor = try await LibvirtHypervisor.open(uri: daemon.uri, plant: "p1")
            let spec = try Self.spec("vm-1", daemon)
            for _ in 0..<2 { try await hypervisor.define(spec) }
            #expect(try await hypervisor.state("vm-1") == .stopped)
            for _ in 0..<2 { try await hypervisor.start("vm-1") }
            #expect(try await hypervisor.state("vm-1") == .running)
            #expect(try await daemon.send("count vm-1") == "1")
            #expect(try await hypervisor.marked().map(\.machineID) == ["01ARZ3NDEKTSV4RRFFQ69G5FAV"])
            try await Self.untilUp(spec)

            let disk = try Self.disk("vdb", daemon)
            for _ in 0..<2 { try await hypervisor.attach(disk, to: "vm-1") }
            for inactive in [false, true] {
                let xml = try await hypervisor.connection.domainXML("vm-1", inactive: inactive)
                #expect(AttachedDisk(target: "vdb", in: xml)?.path == disk.path)
            }
            let other = try Self.disk("vdc", daemon)
            let conflict = try await #require(throws: HypervisorError.self) {
                try await hypervisor.attach(DiskSpec(path: other.path, format: .raw, target: "vdb"), to: "vm-1")
            }
            #expect(conflict.code == .conflict)
            for _ in 0..<2 { try await hypervisor.detach(target: "vdb", from: "vm-1") }
            for inactive in [false, true] {
                let xml = try await hypervisor.connection.domainXML("vm-1", inactive: inactive)
                #expect(AttachedDisk(target: "vdb", in: xml) == nil)
            }

            for _ in 0..<2 { try await hypervisor.destroy("vm-1") }
            #expect(try await hypervisor.state("vm-1") == .stopped)
            #expect(try await daemon.send("count vm-1") == "0")
            for _ in 0..<2 { try await hypervisor.undefine("vm-1") }
            #expect(try await hypervisor.state("vm-1") == .absent)
        }
    }

    @Test("a killed QEMU is reported as crashed, a guest that powers off as stopped")
    func events() async throws {
        try await PrivateLibvirtd.with { daemon in
            let hypervisor = try await LibvirtHypervisor.open(uri: daemon.uri, plant: "p1")
            var events = try await hypervisor.events.makeAsyncIterator()
            try await hypervisor.define(try Self.spec("vm-1", daemon))
            try await hypervisor.start("vm-1")
            #expect(await events.next()?.kind == .started)
            let killed = ContinuousClock.now
            try await daemon.send("kill vm-1")
            #expect(await events.next()?.kind == .crashed)
            #expect(ContinuousClock.now - killed < .seconds(5))
            #expect(try await hypervisor.state("vm-1") == .crashed)

            var second = try Self.spec("vm-2", daemon)
            second.boot?.commandLine += " vmshop.then=poweroff"
            try await hypervisor.define(second)
            try await hypervisor.start("vm-2")
            #expect(await events.next() == HypervisorEvent(.started, name: "vm-2", machineID: second.machineID))
            #expect(await events.next() == HypervisorEvent(.stopped, name: "vm-2", machineID: second.machineID))
        }
    }

    @Test("a killed libvirtd is survived: machines run on, calls reconnect, events come again")
    func daemonKilled() async throws {
        try await PrivateLibvirtd.with { daemon in
            let hypervisor = try await LibvirtHypervisor.open(uri: daemon.uri, plant: "p1")
            for name in ["vm-1", "vm-2"] {
                try await hypervisor.define(try Self.spec(name, daemon))
                try await hypervisor.start(name)
            }
            var events = try await hypervisor.events.makeAsyncIterator()

            try await daemon.send("kill-daemon")
            #expect(try await daemon.send("count vm-1") == "1")
            try await daemon.send("kill vm-2")  // nobody is there to report it
            try await daemon.send("start-daemon")
            #expect(try await hypervisor.state("vm-1") == .running)
            let missed = await events.next()
            #expect(missed?.name == "vm-2" && missed?.kind == .crashed)

            try await daemon.send("kill vm-1")
            let seen = await events.next()
            #expect(seen?.name == "vm-1" && seen?.kind == .crashed)

            try await daemon.send("kill-daemon")
            let error = try await #require(throws: HypervisorError.self) { _ = try await hypervisor.state("vm-1") }
            #expect(error.code == .unavailable)
            try await daemon.send("start-daemon")
            #expect(try await hypervisor.state("vm-1") != .running)
        }
    }

    @Test("a libvirtd that is not there yet is found when it is")
    func daemonLate() async throws {
        try await PrivateLibvirtd.with(started: false) { daemon in
            let hypervisor = try LibvirtHypervisor(connection: VirtConnection(uri: daemon.uri), plant: "p1")
            let error = try await #require(throws: HypervisorError.self) { _ = try await hypervisor.marked() }
            #expect(error.code == .unavailable)
            try await daemon.send("start-daemon")
            #expect(try await hypervisor.marked().isEmpty)
        }
    }

    @Test("a QEMU that stands still costs its own calls their deadline, and no other's")
    func standstill() async throws {
        try await PrivateLibvirtd.with { daemon in
            let other = try await LibvirtHypervisor.open(uri: daemon.uri, plant: "p1")
            let hypervisor = try await LibvirtHypervisor.open(uri: daemon.uri, plant: "p1", deadline: .seconds(3))
            for name in ["vm-1", "vm-2"] {
                try await other.define(try Self.spec(name, daemon))
                try await other.start(name)
            }
            try await daemon.send("stop vm-1")
            let disks = try ["vdb", "vdc", "vdd", "vde", "vdf", "vdg", "vdh"].map { try Self.disk($0, daemon) }
            await withTaskGroup(of: HypervisorError.Code?.self) { group in
                for disk in disks {
                    group.addTask {
                        do throws(HypervisorError) {
                            try await hypervisor.attach(disk, to: "vm-1")
                            return nil
                        } catch {
                            return error.code
                        }
                    }
                }
                for await code in group { #expect(code == .timedOut) }
            }
            // More calls hang now than libvirtd serves of one connection.
            #expect(try await hypervisor.state("vm-2") == .running)
            try await hypervisor.destroy("vm-2")
            try await daemon.send("continue vm-1")
            try await other.destroy("vm-1")
            #expect(try await hypervisor.state("vm-1") == .stopped)
        }
    }

    @Test(
        "a guest whose disk finds no room stands still, says why, and goes on when it is resumed, having lost nothing"
    )
    func fullHost() async throws {
        try await PrivateLibvirtd.with { daemon in
            try await daemon.send("make-narrow")
            let hypervisor = try await LibvirtHypervisor.open(uri: daemon.uri, plant: "p1")
            var spec = try Self.spec("vm-1", daemon)
            spec.disks = [DiskSpec(path: "\(daemon.directory)/narrow/disk.img", format: .raw, target: "vda")]
            spec.boot?.commandLine += " vmshop.then=fill"
            try await hypervisor.define(spec)
            try await hypervisor.start("vm-1")
            while try await hypervisor.state("vm-1") == .running { try await Task.sleep(for: .milliseconds(50)) }
            #expect(try await hypervisor.state("vm-1") == .stalled)
            #expect(try await hypervisor.marked().map(\.state) == [.stalled])
            try await daemon.send("widen")
            try await hypervisor.resume("vm-1")
            try await Self.wait(for: "disk is full of data", from: spec)
            #expect(try await hypervisor.state("vm-1") == .running)
        }
    }

    @Test("an isolated network comes up, takes leases while it is up, and carries a machine's port")
    func network() async throws {
        try await PrivateLibvirtd.with { daemon in
            let hypervisor = try await LibvirtHypervisor.open(uri: daemon.uri, plant: "p1")
            let connection = hypervisor.connection
            try await connection.defineNetwork(
                """
                <network><name>n1</name><bridge name='vmsbr0' stp='off' delay='0'/>
                <ip address='192.168.77.1' netmask='255.255.255.0'><dhcp>
                <host mac='52:54:00:77:00:02' ip='192.168.77.2'/></dhcp></ip></network>
                """
            )
            try await connection.createNetwork("n1")
            #expect(try await connection.network(named: "n1")?.bridge == "vmsbr0")
            let lease = "<host mac='52:54:00:77:00:03' ip='192.168.77.3'/>"
            try await connection.updateNetworkHost(.add, host: lease, of: "n1")
            for inactive in [false, true] {
                #expect(try await connection.networkXML("n1", inactive: inactive).contains("192.168.77.3"))
            }
            var spec = try Self.spec("vm-1", daemon)
            spec.interface = InterfaceSpec(network: "n1", mac: "52:54:00:77:00:03", tapName: "vms0")
            let seed = try Self.disk("sda", daemon)
            spec.disks.append(DiskSpec(path: seed.path, format: .raw, target: "sda", cdrom: true))
            try await hypervisor.define(spec)
            try await hypervisor.start("vm-1")
            #expect(try await daemon.send("isolated vms0") == "1")
            try await hypervisor.destroy("vm-1")
            try await connection.updateNetworkHost(.delete, host: lease, of: "n1")
            try await connection.destroyNetwork("n1")
            try await connection.undefineNetwork("n1")
            #expect(try await connection.networks().isEmpty)
        }
    }

    @Test("KVM is used only where it is proven, and the reason is told")
    func capabilities() async throws {
        try await PrivateLibvirtd.with { daemon in
            let hypervisor = try await LibvirtHypervisor.open(uri: daemon.uri, plant: "p1")
            let here = try await hypervisor.capabilities()
            #expect(here.type == (here.kvmUsable ? "kvm" : "qemu"))
            #expect(here.architecture == "x86_64" && here.hostCPUs > 0 && here.hostMemory > 1 << 28)
            #expect(!here.kvmReason.isEmpty)
            guard !here.kvmUsable else { return }
            var spec = try Self.spec("vm-1", daemon)
            spec.accelerate = .kvm
            let error = try await #require(throws: HypervisorError.self) { try await hypervisor.define(spec) }
            #expect(error.code == .unsupported && error.message.contains(here.kvmReason))
            spec.accelerate = .auto
            try await hypervisor.define(spec)
            #expect(try await hypervisor.connection.domainXML("vm-1").contains("<domain type='qemu'"))
        }
    }
}

extension QEMUTests {
    static func spec(_ name: String, _ daemon: PrivateLibvirtd) throws -> DomainSpec {
        var spec = DomainSpec(
            name: name,
            machineID: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            memory: 128 << 20,
            cpus: 1,
            consoleLog: "\(daemon.directory)/\(name).log"
        )
        spec.accelerate = .tcg
        spec.disks = [try disk("vda", daemon, of: name)]
        spec.boot = DirectBoot(
            kernel: try PrivateLibvirtd.kernel(),
            initrd: "\(daemon.directory)/initramfs",
            commandLine: "console=ttyS0 quiet"
        )
        return spec
    }

    static func disk(_ target: String, _ daemon: PrivateLibvirtd, of name: String = "any") throws -> DiskSpec {
        let path = "\(daemon.directory)/\(name)-\(target).img"
        try Data(count: 1 << 20).write(to: URL(fileURLWithPath: path))
        return DiskSpec(path: path, format: .raw, target: target, serial: target)
    }

    /// Waits until the guest has spoken on its console.
    static func untilUp(_ spec: DomainSpec) async throws { try await wait(for: "guest is up", from: spec) }

    /// Waits until the guest has said something on its console.
    static func wait(for text: String, from spec: DomainSpec) async throws {
        while true {
            let log = (try? Data(contentsOf: URL(fileURLWithPath: spec.consoleLog))) ?? Data()
            if String(decoding: log, as: UTF8.self).contains(text) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
