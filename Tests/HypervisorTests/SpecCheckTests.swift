import Testing

@testable import Hypervisor

@Suite("what is refused before libvirt sees it")
struct SpecCheckTests {
    @Test("a whole specification is accepted")
    func accepted() throws {
        try SpecCheck.check(DomainDocumentTests.full)
    }

    @Test(
        "names",
        arguments: ["", "A", "-a", "a_b", "a/b", "..", "a b", "a\n", "ä", String(repeating: "a", count: 64), "a,b"]
    )
    func names(_ name: String) {
        refuses { $0.name = name }
        #expect(throws: HypervisorError.self) { try SpecCheck.check(name: name) }
    }

    @Test(
        "paths",
        arguments: [
            "", "a", "./a", "/a/../b", "/a\n", "/\u{0}", "/" + String(repeating: "a", count: 4096),
            "/a/../\u{301}b", "/a/..",
        ]
    )
    func paths(_ path: String) {
        refuses { $0.consoleLog = path }
        refuses { $0.disks[0].path = path }
        refuses { $0.boot?.kernel = path }
        refuses { $0.boot?.initrd = path }
    }

    @Test("targets", arguments: ["", "vd", "vda1", "xda", "hda", "vdabcd", "VDA", "vd'"])
    func targets(_ target: String) { refuses { $0.disks[0].target = target } }

    @Test("serials", arguments: ["", "a b", "a,b", "a'", String(repeating: "a", count: 21)])
    func serials(_ serial: String) { refuses { $0.disks[0].serial = serial } }

    @Test(
        "hardware addresses",
        arguments: ["", "52:54:00:00:00", "53:54:00:00:00:01", "52-54-00-00-00-01", "5g:54:00:00:00:01"]
    )
    func addresses(_ mac: String) { refuses { $0.interface?.mac = mac } }

    @Test("tap devices", arguments: ["", "vnet0", "macvtap1", "a/b", "0123456789abcdef", "a b"])
    func taps(_ tap: String) { refuses { $0.interface?.tapName = tap } }

    @Test("UUIDs", arguments: ["", "1", "0b2c8f4e93a34a539a0e2f4f3d1c7a10", "0b2c8f4e-93a3-4a53-9a0e-2f4f3d1c7a1x"])
    func uuids(_ uuid: String) { refuses { $0.uuid = uuid } }

    @Test("sizes and doubles")
    func sizes() {
        refuses { $0.memory = 0 }
        refuses { $0.memory = -1 }
        refuses { $0.cpus = 0 }
        refuses { $0.machineID = "a b" }
        refuses { $0.boot?.commandLine = "a\nb" }
        refuses { $0.disks.append($0.disks[0]) }
    }

    private func refuses(_ change: (inout DomainSpec) -> Void) {
        var spec = DomainDocumentTests.full
        change(&spec)
        let error = #expect(throws: HypervisorError.self) { try SpecCheck.check(spec) }
        #expect(error?.code == .refused)
    }
}
