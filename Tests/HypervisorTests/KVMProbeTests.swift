import Testing

@testable import Hypervisor

@Suite("the proof of KVM")
struct KVMProbeTests {
    @Test("all three must agree")
    func agreement() {
        #expect(KVMProbe(processorFlag: true, deviceFailure: nil, isOffered: true).isUsable)
        #expect(KVMProbe(processorFlag: nil, deviceFailure: nil, isOffered: true).isUsable)
        #expect(!KVMProbe(processorFlag: false, deviceFailure: nil, isOffered: true).isUsable)
        #expect(!KVMProbe(processorFlag: true, deviceFailure: "gone", isOffered: true).isUsable)
        #expect(!KVMProbe(processorFlag: true, deviceFailure: nil, isOffered: false).isUsable)
    }

    @Test("the reason names all that is missing")
    func reason() {
        let reason = KVMProbe(processorFlag: false, deviceFailure: "/dev/kvm: gone", isOffered: false).reason
        #expect(reason.contains("vmx") && reason.contains("/dev/kvm: gone") && reason.contains("libvirt"))
    }

    @Test(
        "the flag is a word of a flags line",
        arguments: [
            ("flags\t\t: fpu vmx sse\n", true), ("flags\t: svm\n", true), ("flags : fpu svm_lock\n", false),
            ("model name : vmx\nflags : fpu\n", false), ("vmx flags : ept\nflags : fpu\n", false), ("", false),
        ]
    )
    func flag(_ text: String, _ expected: Bool) {
        #expect(KVMProbe.hasFlag(inCPUInfo: text) == expected)
    }

    @Test("capabilities are read")
    func capabilities() throws {
        let capabilities = try #require(
            HostCapabilities(
                """
                <capabilities><host><cpu><arch>x86_64</arch></cpu></host>
                <guest><os_type>hvm</os_type><arch name='i686'><domain type='qemu'/></arch></guest>
                <guest><os_type>hvm</os_type><arch name='x86_64'><domain type='qemu'/><domain type='kvm'/></arch></guest>
                </capabilities>
                """
            )
        )
        #expect(capabilities.architecture == "x86_64")
        #expect(capabilities.domainTypes == ["i686": ["qemu"], "x86_64": ["qemu", "kvm"]])
        #expect(HostCapabilities("<capabilities/>") == nil)
        #expect(HostCapabilities("nonsense") == nil)
    }
}
