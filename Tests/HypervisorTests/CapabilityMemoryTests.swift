import Synchronization
import Testing

@testable import Hypervisor

@Suite("what a hypervisor was found to be able to do")
struct CapabilityMemoryTests {
    private static func found(version: String) -> HypervisorCapabilities {
        HypervisorCapabilities(
            type: "qemu",
            kvmUsable: false,
            kvmReason: "",
            version: version,
            hostMemory: 1,
            hostCPUs: 1,
            architecture: "x86_64"
        )
    }

    @Test("is asked for once while it holds, and again when it does not")
    func validity() async throws {
        let asked = Mutex(0)
        let find = { () throws(HypervisorError) in
            Self.found(
                version: asked.withLock {
                    $0 += 1; return "\($0)"
                }
            )
        }
        let lasting = CapabilityMemory(validity: .seconds(1000))
        for _ in 0..<3 { #expect(try await lasting.capabilities(find).version == "1") }
        let fleeting = CapabilityMemory(validity: .zero)
        for version in ["2", "3"] { #expect(try await fleeting.capabilities(find).version == version) }
    }

    @Test("is not remembered where it could not be found")
    func failure() async throws {
        let memory = CapabilityMemory(validity: .seconds(1000))
        await #expect(throws: HypervisorError.self) {
            _ = try await memory.capabilities { () throws(HypervisorError) in
                throw HypervisorError(.unavailable, "gone")
            }
        }
        let found = try await memory.capabilities { () throws(HypervisorError) in Self.found(version: "7") }
        #expect(found.version == "7")
    }
}
