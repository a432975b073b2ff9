import FoundationEssentials
import Glibc
import Testing

@testable import Hypervisor

/// A directory for machines that QEMU runs directly, and a guest for them. Whatever the test started is ended with it.
struct DirectQEMU: Sendable {
    let directory: String

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    static func with(_ test: (DirectQEMU) async throws -> Void) async throws {
        guard geteuid() == 0 else { throw Failure(description: "these tests need root: QEMU runs as another user") }
        var template = Array("/tmp/hq-\(getpid())-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(description: "cannot make a directory in /tmp") }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        chmod(path, 0o711)
        let room = DirectQEMU(directory: path)
        defer { room.clear() }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/ticking-guest.sh").path
        guard run([script, path]) == 0 else { throw Failure(description: "\(script) failed") }
        try await test(room)
    }

    /// A plant's hypervisor; a second one on the same directory is the plant after a restart.
    func hypervisor(deadline: Duration = .seconds(30)) -> QEMUHypervisor {
        QEMUHypervisor(plant: "p1", settings: QEMUSettings(directory: directory + "/qemu", deadline: deadline))
    }

    func spec(_ name: String, disk text: String = "none") throws -> DomainSpec {
        var spec = DomainSpec(
            name: name,
            machineID: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            memory: 128 << 20,
            cpus: 1,
            consoleLog: "\(directory)/\(name).log"
        )
        spec.accelerate = .tcg
        spec.disks = [try disk("vda", of: name, text)]
        spec.boot = DirectBoot(
            kernel: try PrivateLibvirtd.kernel(),
            initrd: "\(directory)/initramfs",
            commandLine: "console=ttyS0 quiet cryptomgr.notests"
        )
        return spec
    }

    func disk(_ target: String, of name: String = "any", _ text: String = "") throws -> DiskSpec {
        let path = "\(directory)/\(name)-\(target).img"
        var bytes = Data((text + String(repeating: "\n", count: 8)).utf8.prefix(8))
        bytes.append(Data(count: 1 << 20))
        try bytes.write(to: URL(fileURLWithPath: path))
        return DiskSpec(path: path, format: .raw, target: target, serial: target)
    }

    /// The template of a machine that counted up to three.
    func template(_ hypervisor: QEMUHypervisor) async throws -> SavedState {
        var spec = try spec("source")
        let path = (memory: directory + "/memory", state: directory + "/devices")
        spec.saves = SavedState(kind: .template, statePath: path.state, memoryPath: path.memory)
        try await hypervisor.define(spec)
        try await hypervisor.start("source")
        _ = try await ticks("source", until: 3)
        var state = try await hypervisor.save(spec)
        #expect(try await hypervisor.state("source") == .stopped)
        try await hypervisor.undefine("source")
        (state.memoryDigest, state.stateDigest) = (try digest(path.memory), try digest(path.state))
        return state
    }

    /// The lines that a guest wrote, once there is one with a number from the given one on.
    @discardableResult
    func ticks(_ name: String, until number: Int, and text: String = "") async throws -> [String] {
        let giveUp = ContinuousClock.now + .seconds(60)
        while true {
            let log = (try? Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(name).log"))) ?? Data()
            let lines = String(decoding: log, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
                .filter { $0.hasPrefix("tick ") }
            if lines.contains(where: { Self.number($0) >= number && $0.contains(text) }) { return lines }
            guard ContinuousClock.now < giveUp else {
                throw Failure(description: "\(name) does not get to \(number) \(text): \(lines.suffix(2))")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    static func number(_ line: String) -> Int { Int(line.split(separator: " ").dropFirst().first ?? "") ?? 0 }

    /// The id of the QEMU of a domain.
    func process(_ name: String) throws -> Int32 {
        try #require(QEMUPlace(name, in: directory + "/qemu").processID)
    }

    func digest(_ path: String) throws -> String {
        let output = directory + "/digest"
        guard Self.run(["/bin/sh", "-c", "sha256sum <'\(path)' >'\(output)'"]) == 0 else {
            throw Failure(description: "sha256sum")
        }
        return "sha256:" + String(try String(contentsOfFile: output, encoding: .utf8).prefix(64))
    }

    @discardableResult
    static func run(_ arguments: [String]) -> Int32 {
        var vector = arguments.map { strdup($0) } + [nil]
        defer { for text in vector { free(text) } }
        var process: pid_t = 0
        guard posix_spawnp(&process, arguments[0], nil, nil, &vector, environ) == 0 else { return -1 }
        var status: Int32 = 0
        while waitpid(process, &status, 0) == -1 && errno == EINTR {}
        return status
    }

    private func clear() {
        for (place, record) in QEMUPlace.all(in: directory + "/qemu") {
            guard let id = place.processID, let arguments = record.arguments else { continue }
            QEMUProcess.adopt(id, arguments: arguments)?.kill()
        }
        try? FileManager.default.removeItem(atPath: directory)
    }
}
