import Foundation
import Hypervisor
import Testing
import VMShopTesting
import Warehouse

@testable import VMPlantServer

@Suite("which saved memory wakes up on a host")
struct MemoryFitTests {
    private static func state(
        kind: String = "template",
        machine: String = "pc-q35-7.2",
        processor: String = HypervisorCapabilities.emulatedProcessor,
        accelerator: String = "tcg",
        hypervisor: String = "7.2.22"
    ) throws -> MemoryState {
        let host = ["machine": machine, "processor": processor, "accelerator": accelerator, "hypervisor": hypervisor]
        let file: [String: Any] = ["path": "state", "digest": String(repeating: "0", count: 64), "bytes": 1024]
        let whole: [String: Any] = ["kind": kind, "memory": "96MiB", "cpus": 1, "host": host, "state": file]
        return try JSONDecoder().decode(MemoryState.self, from: JSONSerialization.data(withJSONObject: whole))
    }

    private static func host(kvm: Bool, wakes: Set<SavedState.Kind> = [.template, .restore]) -> HypervisorCapabilities {
        var host = HypervisorCapabilities(
            type: kvm ? "kvm" : "qemu",
            kvmUsable: kvm,
            kvmReason: "",
            version: "7.2.22",
            hostMemory: 1 << 34,
            hostCPUs: 2,
            architecture: "x86_64"
        )
        if kvm { host.processor = "host-passthrough Some Processor" }
        host.wakes = wakes
        return host
    }

    private static func obstacle(
        _ state: MemoryState,
        on host: HypervisorCapabilities?,
        _ flags: String...
    ) async throws -> String? {
        try await TemporaryDirectory.with { directory in
            let settings = try await PlantFixture.settings(directory, ["nfs.server=none"] + flags)
            return MemoryFit.obstacle(state, on: host, settings: settings)
        }
    }

    @Test("what was saved in emulation wakes up in emulation, also where KVM could be used and is not")
    func emulated() async throws {
        #expect(try await Self.obstacle(Self.state(), on: Self.host(kvm: false)) == nil)
        #expect(try await Self.obstacle(Self.state(), on: Self.host(kvm: true), "hypervisor.accelerate=tcg") == nil)
        let reason = try await Self.obstacle(Self.state(), on: Self.host(kvm: true))
        #expect(reason == "it was saved with the accelerator tcg, and here is kvm")
    }

    @Test("what was saved with KVM wakes up with KVM, on the same processor only")
    func accelerated() async throws {
        let saved = try Self.state(processor: "host-passthrough Some Processor", accelerator: "kvm")
        #expect(try await Self.obstacle(saved, on: Self.host(kvm: true)) == nil)
        #expect(try await Self.obstacle(saved, on: Self.host(kvm: true), "hypervisor.accelerate=tcg") != nil)
        let other = try Self.state(processor: "host-passthrough Another", accelerator: "kvm")
        let reason = try await Self.obstacle(other, on: Self.host(kvm: true))
        #expect(reason?.contains("processor host-passthrough Another") == true)
    }

    @Test("another QEMU, a kind that is not offered, a template of the older type, a host that cannot be asked")
    func others() async throws {
        let host = Self.host(kvm: false)
        #expect(
            try await Self.obstacle(Self.state(hypervisor: "8.0.0"), on: host)?.contains("hypervisor 8.0.0") == true
        )
        let none = Self.host(kvm: false, wakes: [.restore])
        #expect(try await Self.obstacle(Self.state(), on: none)?.contains("of the kind `template`") == true)
        let old = try await Self.obstacle(Self.state(machine: "pc-i440fx-7.2"), on: host)
        #expect(old?.contains("`vmshop image warm` makes it anew") == true)
        #expect(try await Self.obstacle(Self.state(kind: "restore", machine: "pc-i440fx-7.2"), on: host) == nil)
        #expect(try await Self.obstacle(Self.state(), on: nil)?.contains("cannot be asked") == true)
        #expect(try await Self.obstacle(Self.state(), on: host, "nfs.server=kernel") != nil)
    }
}
