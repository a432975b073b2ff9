import LibXML

/// libvirt's document of a domain, as a tree: nothing is ever pasted into text.
struct DomainDocument: Sendable {
    /// The domain, checked already.
    var spec: DomainSpec
    /// The name of the plant that the domain is marked with.
    var plant: String
    /// What the document is written for.
    var platform: DomainPlatform
    /// The machine that the guest sees.
    var machine: EmulatedMachine

    /// The whole document.
    var root: XMLElement {
        var children = [XMLElement("name", text: spec.name)]
        if let uuid = spec.uuid { children.append(XMLElement("uuid", text: uuid)) }
        children += [
            XMLElement("metadata", children: [DomainMark(machineID: spec.machineID, plant: plant).element]),
            XMLElement("memory", ["unit": "KiB"], text: String((spec.memory + 1023) / 1024)),
            XMLElement("vcpu", text: String(spec.cpus)),
            operatingSystem,
        ]
        children += processor
        children += [
            XMLElement("on_poweroff", text: "destroy"),
            XMLElement("on_reboot", text: "restart"),
            XMLElement("on_crash", text: "destroy"),
            XMLElement("devices", children: devices),
        ]
        return XMLElement("domain", ["type": platform.type], children: children)
    }

    private var operatingSystem: XMLElement {
        var type = XMLElement("type", text: "hvm")
        if case .qemu = platform {
            type["arch"] = spec.architecture
            type["machine"] = machine.type
        }
        var children = [type]
        if let boot = spec.boot {
            children.append(XMLElement("kernel", text: boot.kernel))
            if let initrd = boot.initrd { children.append(XMLElement("initrd", text: initrd)) }
            if !boot.commandLine.isEmpty { children.append(XMLElement("cmdline", text: boot.commandLine)) }
        } else {
            children.append(XMLElement("boot", ["dev": "hd"]))
        }
        return XMLElement("os", children: children)
    }

    /// Features, processor and clock: what the test driver has none of.
    private var processor: [XMLElement] {
        guard case .qemu(let kvm) = platform else { return [] }
        var elements: [XMLElement] = []
        var features = machine.isPC ? [XMLElement("acpi"), XMLElement("apic")] : []
        if !kvm { features.append(emulation) }
        if !features.isEmpty { elements.append(XMLElement("features", children: features)) }
        // All that the host, or QEMU's emulation, has to offer: machines are not migrated to other hosts.
        elements.append(XMLElement("cpu", ["mode": kvm ? "host-passthrough" : "maximum"]))
        elements.append(XMLElement("clock", ["offset": "utc"]))
        return elements
    }

    private var emulation: XMLElement {
        let size = String(TranslationCache.mebibytes(forMemory: spec.memory))
        return XMLElement("tcg", children: [XMLElement("tb-cache", ["unit": "MiB"], text: size)])
    }

    private var devices: [XMLElement] {
        var devices = spec.disks.map { DeviceDocument.disk($0, platform: platform, machine: machine) }
        if let interface = spec.interface { devices.append(DeviceDocument.interface(interface)) }
        let log = XMLElement("source", ["path": spec.consoleLog])
        devices.append(XMLElement("serial", ["type": "file"], children: [log, XMLElement("target", ["port": "0"])]))
        guard case .qemu = platform else { return devices }
        let entropy = XMLElement("backend", ["model": "random"], text: "/dev/urandom")
        devices.append(XMLElement("rng", ["model": "virtio"], children: [entropy]))
        if machine.isPC {
            devices.append(XMLElement("controller", ["type": "usb", "model": "none"]))
            devices.append(XMLElement("panic", ["model": "isa"]))  // tells of a guest's panic, so that on_crash applies
        }
        devices.append(XMLElement("memballoon", ["model": "none"]))
        return devices
    }
}

extension XMLElement {
    /// An element with attributes in the order in which they are written.
    init(
        _ name: String,
        _ attributes: KeyValuePairs<String, String>,
        children: [XMLElement] = [],
        text: String = ""
    ) {
        let attributes = attributes.map { XMLAttribute(name: $0.key, value: $0.value) }
        self.init(name, attributes: attributes, children: children, text: text)
    }
}
