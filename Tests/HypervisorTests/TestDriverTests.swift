import FoundationEssentials
import Libvirt
import Testing

@testable import Hypervisor

@Suite("libvirt's test driver as a hypervisor", .timeLimit(.minutes(1)))
struct TestDriverTests {
    private let spec = TestDriverWorld.spec

    @Test("a machine goes through its life, each step twice")
    func life() async throws {
        try await TestDriverWorld.run { hypervisor in
            for _ in 0..<2 { try await hypervisor.define(spec) }
            #expect(try await hypervisor.state("vm-1") == .stopped)
            for _ in 0..<2 { try await hypervisor.start("vm-1") }
            #expect(try await hypervisor.state("vm-1") == .running)
            let marked = try await hypervisor.marked()
            #expect(marked.map(\.machineID) == ["01ARZ"] && marked.map(\.plant) == ["p1"])
            for _ in 0..<2 { try await hypervisor.shutdown("vm-1") }
            #expect(try await hypervisor.state("vm-1") == .stopped)
            try await hypervisor.start("vm-1")
            try await hypervisor.connection.suspendDomain("vm-1")
            #expect(try await hypervisor.state("vm-1") == .paused)
            for _ in 0..<2 { try await hypervisor.resume("vm-1") }
            #expect(try await hypervisor.state("vm-1") == .running)
            for _ in 0..<2 { try await hypervisor.destroy("vm-1") }
            for _ in 0..<2 { try await hypervisor.undefine("vm-1") }
            #expect(try await hypervisor.state("vm-1") == .absent)
        }
    }

    @Test("a name that belongs to another machine, or to nobody of ours, is a conflict")
    func conflicts() async throws {
        try await TestDriverWorld.run { hypervisor in
            try await hypervisor.define(spec)
            var other = spec
            other.machineID = "02BSZ"
            await expect(.conflict) { () async throws(HypervisorError) in try await hypervisor.define(other) }
            try await hypervisor.connection.defineDomain(
                """
                <domain type='test'><name>alien</name><memory>65536</memory><vcpu>1</vcpu>
                <os><type>hvm</type></os></domain>
                """
            )
            #expect(try await hypervisor.marked().map(\.name) == ["vm-1"])
            await expect(.conflict) { () async throws(HypervisorError) in try await hypervisor.destroy("alien") }
            await expect(.conflict) { () async throws(HypervisorError) in try await hypervisor.undefine("alien") }
            await expect(.conflict) { () async throws(HypervisorError) in try await hypervisor.start("alien") }
        }
    }

    @Test("what is done to an absent machine is not found, or done already")
    func absent() async throws {
        try await TestDriverWorld.run { hypervisor in
            await expect(.notFound) { () async throws(HypervisorError) in try await hypervisor.start("none") }
            await expect(.notFound) { () async throws(HypervisorError) in try await hypervisor.shutdown("none") }
            await expect(.notFound) { () async throws(HypervisorError) in try await hypervisor.resume("none") }
            try await hypervisor.destroy("none")
            try await hypervisor.undefine("none")
            try await hypervisor.detach(target: "vdb", from: "none")
            #expect(try await hypervisor.state("none") == .absent)
        }
    }

    @Test("events of marked machines arrive, and of no others")
    func events() async throws {
        try await TestDriverWorld.run { hypervisor in
            try await hypervisor.define(spec)
            var events = try await hypervisor.events.makeAsyncIterator()
            let other = try LibvirtHypervisor(connection: hypervisor.connection, plant: "p2")
            var foreign = spec
            foreign.name = "foreign"
            foreign.interface = nil
            try await other.define(foreign)
            try await other.start("foreign")
            try await hypervisor.start("vm-1")
            try await hypervisor.destroy("vm-1")
            var late = spec
            late.name = "late"
            try await hypervisor.define(late)
            try await hypervisor.start("late")
            #expect(await events.next() == HypervisorEvent(.started, name: "vm-1", machineID: "01ARZ"))
            #expect(await events.next() == HypervisorEvent(.stopped, name: "vm-1", machineID: "01ARZ"))
            #expect(await events.next() == HypervisorEvent(.started, name: "late", machineID: "01ARZ"))
        }
    }

    @Test("it says what it is")
    func capabilities() async throws {
        try await TestDriverWorld.run { hypervisor in
            let here = try await hypervisor.capabilities()
            #expect(here.type == "test" && here.hostMemory > 0 && here.hostCPUs > 0)
        }
    }

    private func expect(
        _ code: HypervisorError.Code,
        _ work: () async throws(HypervisorError) -> Void
    ) async {
        let error = await #expect(throws: HypervisorError.self) { try await work() }
        #expect(error?.code == code)
    }
}
