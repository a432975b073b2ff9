import LibXML
import Testing

@testable import Hypervisor

@Suite("a domain's document")
struct DomainDocumentTests {
    static var full: DomainSpec {
        var spec = DomainSpec(name: "vm-1", machineID: "01ARZ", memory: 256 << 20, cpus: 2, consoleLog: "/log/vm-1")
        spec.uuid = "0b2c8f4e-93a3-4a53-9a0e-2f4f3d1c7a10"
        spec.disks = [
            DiskSpec(path: "/clones/vm-1.qcow2", format: .qcow2, target: "vda", serial: "root"),
            DiskSpec(path: "/seeds/vm-1.iso", format: .raw, target: "hda", cdrom: true),
        ]
        spec.interface = InterfaceSpec(network: "n1", mac: "52:54:00:00:00:01", tapName: "vms1")
        spec.boot = DirectBoot(kernel: "/boot/k", initrd: "/boot/i", commandLine: "console=ttyS0 a=\"<&>\"")
        return spec
    }

    private func text(_ spec: DomainSpec, _ platform: DomainPlatform) throws -> String {
        let machine = try #require(EmulatedMachine(architecture: spec.architecture))
        return try DomainDocument(spec: spec, plant: "p1", platform: platform, machine: machine).root.serialized()
    }

    @Test("of a whole machine under QEMU")
    func golden() throws {
        let expected = """
            <?xml version="1.0" encoding="UTF-8"?>
            <domain type="qemu">
              <name>vm-1</name>
              <uuid>0b2c8f4e-93a3-4a53-9a0e-2f4f3d1c7a10</uuid>
              <metadata>
                <machine xmlns="urn:vmshop:domain:1" id="01ARZ" plant="p1"/>
              </metadata>
              <memory unit="KiB">262144</memory>
              <vcpu>2</vcpu>
              <os>
                <type arch="x86_64" machine="pc">hvm</type>
                <kernel>/boot/k</kernel>
                <initrd>/boot/i</initrd>
                <cmdline>console=ttyS0 a="&lt;&amp;&gt;"</cmdline>
              </os>
              <features>
                <acpi/>
                <apic/>
                <tcg>
                  <tb-cache unit="MiB">128</tb-cache>
                </tcg>
              </features>
              <cpu mode="maximum"/>
              <clock offset="utc"/>
              <on_poweroff>destroy</on_poweroff>
              <on_reboot>restart</on_reboot>
              <on_crash>destroy</on_crash>
              <devices>
                <disk type="file" device="disk">
                  <driver name="qemu" type="qcow2" error_policy="stop" discard="unmap"/>
                  <source file="/clones/vm-1.qcow2"/>
                  <target dev="vda" bus="virtio"/>
                  <serial>root</serial>
                </disk>
                <disk type="file" device="cdrom">
                  <driver name="qemu" type="raw"/>
                  <source file="/seeds/vm-1.iso"/>
                  <target dev="hda" bus="ide"/>
                  <readonly/>
                </disk>
                <interface type="network">
                  <mac address="52:54:00:00:00:01"/>
                  <source network="n1"/>
                  <target dev="vms1"/>
                  <model type="virtio"/>
                  <port isolated="yes"/>
                </interface>
                <serial type="file">
                  <source path="/log/vm-1"/>
                  <target port="0"/>
                </serial>
                <rng model="virtio">
                  <backend model="random">/dev/urandom</backend>
                </rng>
                <controller type="usb" model="none"/>
                <panic model="isa"/>
                <memballoon model="none"/>
              </devices>
            </domain>

            """
        #expect(try text(Self.full, .qemu(kvm: false)) == expected)
    }

    @Test(
        "bounds what the emulation keeps of translated code by the machine's memory",
        arguments: [
            (96 << 20, 128), (512 << 20, 256), (1 << 30, 512), (64 << 30, 1024),
        ]
    )
    func translations(memory: Int, cache: Int) throws {
        var spec = Self.full
        spec.memory = memory
        #expect(try text(spec, .qemu(kvm: false)).contains("<tb-cache unit=\"MiB\">\(cache)</tb-cache>"))
        #expect(try !text(spec, .qemu(kvm: true)).contains("tb-cache"))
        let memory = QEMUCommandLine.Memory.fresh
        for (usesKVM, word) in [(false, "tcg,tb-size=\(cache)"), (true, "kvm")] {
            let line = QEMUCommandLine(
                spec: spec,
                uuid: "u",
                machineType: "q35",
                usesKVM: usesKVM,
                memory: memory,
                monitor: 3
            ).arguments
            #expect(line.contains(word))
        }
    }

    @Test("of a machine with KVM shows the guest the host's processor")
    func kvm() throws {
        let text = try text(Self.full, .qemu(kvm: true))
        #expect(text.contains("<domain type=\"kvm\">") && text.contains("<cpu mode=\"host-passthrough\"/>"))
    }

    @Test("of a small machine under the test driver")
    func small() throws {
        let spec = DomainSpec(name: "vm-1", machineID: "01ARZ", memory: (1 << 20) + 1, cpus: 1, consoleLog: "/log/vm-1")
        let expected = """
            <?xml version="1.0" encoding="UTF-8"?>
            <domain type="test">
              <name>vm-1</name>
              <metadata>
                <machine xmlns="urn:vmshop:domain:1" id="01ARZ" plant="p1"/>
              </metadata>
              <memory unit="KiB">1025</memory>
              <vcpu>1</vcpu>
              <os>
                <type>hvm</type>
                <boot dev="hd"/>
              </os>
              <on_poweroff>destroy</on_poweroff>
              <on_reboot>restart</on_reboot>
              <on_crash>destroy</on_crash>
              <devices>
                <serial type="file">
                  <source path="/log/vm-1"/>
                  <target port="0"/>
                </serial>
              </devices>
            </domain>

            """
        #expect(try text(spec, .test) == expected)
    }

    @Test("the mark comes back from the metadata", arguments: ["p1", "plant \"<&'"])
    func mark(_ plant: String) throws {
        let mark = DomainMark(machineID: "01ARZ", plant: plant)
        #expect(DomainMark(metadata: try mark.element.serialized()) == mark)
    }

    @Test(
        "what is no mark is none",
        arguments: ["", "<machine", "<machine/>", "<machine id='1'/>", "<m id='1' plant='p'/>"]
    )
    func noMark(_ text: String) {
        #expect(DomainMark(metadata: text) == nil)
    }
}
