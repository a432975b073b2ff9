import FoundationEssentials
import Glibc
import Testing

@testable import Hypervisor

@Suite("Machines from a memory template", .serialized, .timeLimit(.minutes(3)))
struct MemoryTemplateTests {
    @Test("machines go on where the template was saved, each with its own disk, console and network card")
    func clones() async throws {
        try await DirectQEMU.with { room in
            let hypervisor = room.hypervisor()
            let template = try await room.template(hypervisor)
            #expect(template.machineType?.hasPrefix("pc-q35-") == true)
            let bridge = "hqb\(getpid() % 100_000)"
            try #require(DirectQEMU.run(["ip", "link", "add", bridge, "type", "bridge"]) == 0)
            defer { DirectQEMU.run(["ip", "link", "delete", bridge]) }
            for number in 1...2 {
                var spec = try room.spec("vm-\(number)", disk: "disk-\(number)")
                spec.wakes = template
                spec.interface = InterfaceSpec(
                    network: "none",
                    mac: "52:54:00:00:00:0\(number)",
                    tapName: "hqt\(number)-\(getpid() % 100_000)",
                    bridge: bridge
                )
                try await hypervisor.define(spec)
                try await hypervisor.start(spec.name)
            }
            for number in 1...2 {
                let lines = try await room.ticks("vm-\(number)", until: 4, and: "card 52:54:00:00:00:0\(number)")
                #expect((4...6).contains(DirectQEMU.number(lines[0])), "it did not boot: \(lines[0])")
                let tap = "/sys/class/net/hqt\(number)-\(getpid() % 100_000)"
                #expect(try String(contentsOfFile: tap + "/brport/isolated", encoding: .utf8) == "1\n")
                try await hypervisor.destroy("vm-\(number)")
                #expect(access(tap, F_OK) != 0)
            }
            // What was woken once boots from its disk the next time.
            try await hypervisor.start("vm-1")
            #expect(DirectQEMU.number(try await room.ticks("vm-1", until: 1)[0]) <= 2)
        }
    }

    @Test("clones share the template's pages, and no process can change them")
    func sharing() async throws {
        try await DirectQEMU.with { room in
            let hypervisor = room.hypervisor()
            let template = try await room.template(hypervisor)
            for number in 1...4 {
                var spec = try room.spec("vm-\(number)")
                spec.wakes = template
                try await hypervisor.define(spec)
                try await hypervisor.start(spec.name)
            }
            let (resident, proportional) = try Self.memory(of: try room.process("vm-1"))
            #expect(proportional < resident * 3 / 4, "\(proportional) of \(resident) KiB are its own share")

            let id = try room.process("vm-1")
            let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd")
            let held = descriptors.map { "/proc/\(id)/fd/\($0)" }.filter {
                (try? FileManager.default.destinationOfSymbolicLink(atPath: $0))?.contains("vmshop-template") == true
            }
            #expect(!held.isEmpty)
            for path in held {
                let descriptor = open(path, O_RDWR)
                defer { close(descriptor) }
                #expect(descriptor >= 0)
                #expect(pwrite(descriptor, "x", 1, 0) == -1 && errno == EPERM)
                #expect(mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) == MAP_FAILED)
                #expect(ftruncate(descriptor, 0) == -1)
            }
        }
    }

    @Test("a woken domain gets another name while it stands still, goes on, and is found by it after a restart")
    func renaming() async throws {
        try await DirectQEMU.with { room in
            let hypervisor = room.hypervisor()
            var spec = try room.spec("spare", disk: "disk-1")
            spec.wakes = try await room.template(hypervisor)
            try await hypervisor.define(spec)
            try await hypervisor.wake(spec)
            let lines = try await room.ticks("spare", until: 5)
            try await hypervisor.suspend("spare")
            let (process, last) = (try room.process("spare"), lines.map(DirectQEMU.number).max() ?? 0)

            try await hypervisor.define(try room.spec("taken"))
            var mine = try room.spec("vm-1", disk: "disk-1")
            mine.machineID = "01ARZ3NDEKTSV4RRFFQ69G5FAW"
            (mine.wakes, mine.consoleLog) = (spec.wakes, spec.consoleLog)
            var taken = mine
            taken.name = "taken"
            do throws(HypervisorError) {
                try await hypervisor.rename("spare", to: taken)
                Issue.record("another domain has the name")
            } catch {
                #expect(error.code == .conflict)
            }
            try await hypervisor.rename("spare", to: mine)
            #expect(try await hypervisor.state("spare") == .absent)
            #expect(try await hypervisor.state("vm-1") == .paused)
            #expect(try await hypervisor.marked().first { $0.name == "vm-1" }?.machineID == mine.machineID)
            #expect(try room.process("vm-1") == process)
            try await hypervisor.resume("vm-1")
            try await room.ticks("spare", until: last + 4)

            await hypervisor.abandon()
            let next = room.hypervisor()
            #expect(try await next.state("vm-1") == .running)
            #expect(try await next.state("spare") == .absent)
            try await next.destroy("vm-1")
            try await next.undefine("vm-1")
            #expect(try await next.marked().map(\.name) == ["taken"])
        }
    }

    @Test("a template that is not what was published starts nothing")
    func changed() async throws {
        try await DirectQEMU.with { room in
            let hypervisor = room.hypervisor()
            let template = try await room.template(hypervisor)
            for path in [try #require(template.memoryPath), template.statePath] {
                let descriptor = open(path, O_RDWR)
                var byte: UInt8 = 0
                pread(descriptor, &byte, 1, 5000)
                byte ^= 1
                pwrite(descriptor, &byte, 1, 5000)
                var spec = try room.spec("vm-1")
                spec.wakes = template
                try await hypervisor.define(spec)
                let error = try await #require(throws: HypervisorError.self) { try await hypervisor.start("vm-1") }
                #expect(error.code == .refused && error.message.contains(path), "\(error)")
                byte ^= 1
                pwrite(descriptor, &byte, 1, 5000)
                close(descriptor)
            }
            // It was not remembered as bad.
            try await hypervisor.start("vm-1")
            #expect(try await hypervisor.state("vm-1") == .running)

            var larger = try room.spec("vm-2")
            larger.memory = 256 << 20
            larger.wakes = template
            try await hypervisor.define(larger)
            let error = try await #require(throws: HypervisorError.self) { try await hypervisor.start("vm-2") }
            #expect(error.code == .refused)
        }
    }

    @Test("a state that is no state of this machine is refused, and QEMU's reason told")
    func wrongState() async throws {
        try await DirectQEMU.with { room in
            let hypervisor = room.hypervisor()
            var template = try await room.template(hypervisor)
            try Data(repeating: 7, count: 10_000).write(to: URL(fileURLWithPath: template.statePath))
            template.stateDigest = try room.digest(template.statePath)
            var spec = try room.spec("vm-1")
            spec.wakes = template
            try await hypervisor.define(spec)
            let error = try await #require(throws: HypervisorError.self) { try await hypervisor.start("vm-1") }
            #expect(error.message.contains("ot a migration stream"), "\(error)")
            #expect(try await hypervisor.state("vm-1") == .crashed)
        }
    }

    private static func memory(of process: Int32) throws -> (resident: Int, proportional: Int) {
        let text = try String(contentsOfFile: "/proc/\(process)/smaps_rollup", encoding: .utf8)
        func value(_ name: String) -> Int {
            let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
            return Int(line?.split(separator: " ").dropLast().last ?? "") ?? 0
        }
        return (value("Rss:"), value("Pss:"))
    }
}
