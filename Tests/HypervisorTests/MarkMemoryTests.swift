import Libvirt
import Testing

@testable import Hypervisor

@Suite("The marks of domains that are remembered", .timeLimit(.minutes(1)))
struct MarkMemoryTests {
    private let spec = TestDriverWorld.spec

    private func domains(_ hypervisor: LibvirtHypervisor) async throws -> [VirtDomain] {
        try await hypervisor.connection.domains(metadata: DomainMark.namespace)
    }

    @Test("are not read again, but for a domain that has another's UUID, and after some minutes")
    func remembered() async throws {
        try await TestDriverWorld.run { hypervisor in
            try await hypervisor.define(spec)
            let all = try await domains(hypervisor)
            let (memory, now) = (MarkMemory(validity: .seconds(60)), ContinuousClock.now)
            #expect(memory.marks(at: now).of(all[0]) == nil)
            #expect(memory.marked(all, memory.marks(at: now), at: now).map(\.machineID) == ["01ARZ"])
            // It is told apart from what was not asked for its mark.
            var unread = all[0]
            unread.metadata = nil
            let later = now + .seconds(59)
            #expect(memory.marked([unread], memory.marks(at: later), at: later).map(\.machineID) == ["01ARZ"])
            var other = unread
            other.name = "another"
            #expect(memory.marks(at: later).of(other) == nil)
            #expect(memory.marks(at: now + .seconds(61)).of(unread) == nil)
            #expect(memory.marked([], memory.marks(at: later), at: later).isEmpty)
            #expect(memory.marks(at: later).isEmpty)
        }
    }

    @Test("let nobody touch a domain that has lost its mark since, and a new domain is read at once")
    func touched() async throws {
        try await TestDriverWorld.run { hypervisor in
            var spec = spec
            try await hypervisor.define(spec)
            #expect(try await hypervisor.marked().map(\.name) == ["vm-1"])
            try await hypervisor.connection.setMetadata(nil, prefix: "m", namespace: DomainMark.namespace, of: "vm-1")
            await #expect(throws: HypervisorError.self) { try await hypervisor.destroy("vm-1") }
            spec.name = "vm-2"
            spec.machineID = "02ARZ"
            try await hypervisor.define(spec)
            #expect(try await hypervisor.marked().map(\.name).contains("vm-2"))
        }
    }
}
