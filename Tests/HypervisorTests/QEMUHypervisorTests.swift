import FoundationEssentials
import Glibc
import Testing

@testable import Hypervisor

@Suite("QEMU run directly", .serialized, .timeLimit(.minutes(3)))
struct QEMUHypervisorTests {
    @Test("a domain is defined, started, given a disk, relieved of it, ended and forgotten, each step twice")
    func life() async throws {
        try await DirectQEMU.with { room in
            let hypervisor = room.hypervisor()
            #expect(try await hypervisor.marked().isEmpty)
            let spec = try room.spec("vm-1")
            for _ in 0..<2 { try await hypervisor.define(spec) }
            #expect(try await hypervisor.state("vm-1") == .stopped)
            for _ in 0..<2 { try await hypervisor.start("vm-1") }
            #expect(try await hypervisor.state("vm-1") == .running)
            #expect(try await hypervisor.marked().map(\.machineID) == ["01ARZ3NDEKTSV4RRFFQ69G5FAV"])
            try await room.ticks("vm-1", until: 2)

            let disk = try room.disk("vdb")
            for _ in 0..<2 { try await hypervisor.attach(disk, to: "vm-1") }
            let other = DiskSpec(path: try room.disk("vdc").path, format: .raw, target: "vdb")
            let conflict = try await #require(throws: HypervisorError.self) {
                try await hypervisor.attach(other, to: "vm-1")
            }
            #expect(conflict.code == .conflict)
            for _ in 0..<2 { try await hypervisor.detach(target: "vdb", from: "vm-1") }
            // What was taken away can be given again, and as many more as a machine can have.
            try await hypervisor.attach(disk, to: "vm-1")
            for letter in "cdefghijklmnop" { try await hypervisor.attach(try room.disk("vd\(letter)"), to: "vm-1") }
            let surplus = try await #require(throws: HypervisorError.self) {
                try await hypervisor.attach(try room.disk("vdq"), to: "vm-1")
            }
            #expect(surplus.code == .unsupported && surplus.message.contains("15 more disks"), "\(surplus)")

            for _ in 0..<2 { try await hypervisor.destroy("vm-1") }
            #expect(try await hypervisor.state("vm-1") == .stopped)
            for _ in 0..<2 { try await hypervisor.undefine("vm-1") }
            #expect(try await hypervisor.state("vm-1") == .absent)
            #expect(try FileManager.default.contentsOfDirectory(atPath: room.directory + "/qemu").isEmpty)
        }
    }

    @Test("QEMU runs as another user, in a session of its own, confined, with none of our descriptors")
    func confinement() async throws {
        try await DirectQEMU.with { room in
            let hypervisor = room.hypervisor()
            try await hypervisor.define(try room.spec("vm-1"))
            try await hypervisor.start("vm-1")
            let id = try room.process("vm-1")
            let status = try String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
            let user = try #require(try QEMUUser.named("libvirt-qemu"))
            #expect(status.contains("Uid:\t\(user.user)\t\(user.user)\t\(user.user)\t\(user.user)\n"))
            #expect(status.contains("NoNewPrivs:\t1\n") && status.contains("Seccomp:\t2\n"))
            #expect(status.contains("CapEff:\t0000000000000000\n") && status.contains("Groups:\t \n"))
            #expect(getsid(id) == id)
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd")
            let targets = open.compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/fd/\($0)")
            }
            #expect(!targets.contains { $0.hasSuffix("/process") || $0.hasSuffix("domain.json") })
        }
    }

    @Test("a killed QEMU is reported as crashed, a guest that powers off as stopped, one that was ended as stopped")
    func events() async throws {
        try await DirectQEMU.with { room in
            let hypervisor = room.hypervisor()
            var events = try await hypervisor.events.makeAsyncIterator()
            try await hypervisor.define(try room.spec("vm-1"))
            try await hypervisor.start("vm-1")
            #expect(await events.next()?.kind == .started)
            kill(try room.process("vm-1"), SIGKILL)
            #expect(await events.next()?.kind == .crashed)
            #expect(try await hypervisor.state("vm-1") == .crashed)
            try await hypervisor.start("vm-1")
            #expect(await events.next()?.kind == .started)
            try await hypervisor.destroy("vm-1")
            #expect(await events.next()?.kind == .stopped)

            var second = try room.spec("vm-2")
            second.boot?.commandLine += " vmshop.then=poweroff"
            try await hypervisor.define(second)
            try await hypervisor.start("vm-2")
            #expect(await events.next() == HypervisorEvent(.started, name: "vm-2", machineID: second.machineID))
            #expect(await events.next() == HypervisorEvent(.stopped, name: "vm-2", machineID: second.machineID))
        }
    }

    @Test("a plant that was started anew takes up what runs, and knows what ended meanwhile")
    func adoption() async throws {
        try await DirectQEMU.with { room in
            let before = room.hypervisor()
            for name in ["vm-1", "vm-2", "vm-3"] {
                try await before.define(try room.spec(name))
                try await before.start(name)
            }
            try await room.ticks("vm-1", until: 1)
            kill(try room.process("vm-2"), SIGKILL)
            while try await before.state("vm-2") == .running { try await Task.sleep(for: .milliseconds(10)) }
            kill(try room.process("vm-3"), SIGSTOP)
            // Only one speaks with a monitor at a time; a plant that is gone does not.
            await before.abandon()

            let after = room.hypervisor(deadline: .seconds(5))
            let began = ContinuousClock.now
            #expect(try await after.marked().map(\.state) == [.running, .crashed, .running])
            #expect(ContinuousClock.now - began < .seconds(5))
            var events = try await after.events.makeAsyncIterator()
            try await after.attach(try room.disk("vdb"), to: "vm-1")
            kill(try room.process("vm-1"), SIGKILL)
            #expect(
                await events.next() == HypervisorEvent(.crashed, name: "vm-1", machineID: "01ARZ3NDEKTSV4RRFFQ69G5FAV")
            )
            try await after.destroy("vm-3")
            #expect(try await after.state("vm-3") == .stopped)
        }
    }

    @Test("a QEMU that stands still costs its own calls their deadline, no other's, and can be ended")
    func standstill() async throws {
        try await DirectQEMU.with { room in
            let hypervisor = room.hypervisor(deadline: .seconds(6))
            for name in ["vm-1", "vm-2"] {
                try await hypervisor.define(try room.spec(name))
                try await hypervisor.start(name)
            }
            kill(try room.process("vm-1"), SIGSTOP)
            let disk = try room.disk("vdb")
            async let hanging = #expect(throws: HypervisorError.self) { try await hypervisor.attach(disk, to: "vm-1") }
            let began = ContinuousClock.now
            #expect(try await hypervisor.state("vm-2") == .running)
            #expect(try await hypervisor.marked().count == 2)
            try await hypervisor.attach(try room.disk("vdc"), to: "vm-2")
            #expect(ContinuousClock.now - began < .seconds(5))
            #expect(await hanging?.code == .timedOut)
            try await hypervisor.destroy("vm-1")
            #expect(try await hypervisor.state("vm-1") == .stopped)
            #expect(ContinuousClock.now - began < .seconds(15))
        }
    }

    @Test("what cannot be started says why, and leaves no process")
    func failure() async throws {
        try await DirectQEMU.with { room in
            let hypervisor = room.hypervisor()
            var spec = try room.spec("vm-1")
            spec.disks[0].format = .qcow2
            try await hypervisor.define(spec)
            let error = try await #require(throws: HypervisorError.self) { try await hypervisor.start("vm-1") }
            #expect(error.message.contains("not in qcow2 format"), "\(error)")
            #expect(try await hypervisor.state("vm-1") == .crashed)
            #expect(kill(try room.process("vm-1"), 0) == -1)

            let stranger = try await #require(throws: HypervisorError.self) {
                var other = spec
                other.machineID = "another"
                try await hypervisor.define(other)
            }
            #expect(stranger.code == .conflict)
            let absent = try await #require(throws: HypervisorError.self) { try await hypervisor.start("vm-9") }
            #expect(absent.code == .notFound)
        }
    }
}
