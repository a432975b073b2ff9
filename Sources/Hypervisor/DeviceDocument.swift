import LibXML

/// Elements of single devices; the same in a domain's document and when a device is attached.
enum DeviceDocument {
    /// A disk or CD-ROM.
    static func disk(_ disk: DiskSpec, platform: DomainPlatform, machine: EmulatedMachine) -> XMLElement {
        var children: [XMLElement] = []
        if case .qemu = platform { children.append(driver(of: disk)) }
        children.append(XMLElement("source", ["file": disk.path]))
        let bus = disk.cdrom ? machine.cdromBus : "virtio"
        children.append(XMLElement("target", ["dev": disk.target, "bus": bus]))
        if let serial = disk.serial { children.append(XMLElement("serial", text: serial)) }
        if disk.readOnly || disk.cdrom { children.append(XMLElement("readonly")) }
        return XMLElement("disk", ["type": "file", "device": disk.cdrom ? "cdrom" : "disk"], children: children)
    }

    private static func driver(of disk: DiskSpec) -> XMLElement {
        var driver = XMLElement("driver", ["name": "qemu", "type": disk.format.rawValue])
        guard !disk.cdrom, !disk.readOnly else { return driver }
        driver["error_policy"] = "stop"  // a full host pauses the guest instead of spoiling its file system
        driver["discard"] = "unmap"  // what the guest frees, the overlay gives back
        return driver
    }

    /// A network interface; without a ROM it boots no machine, and one that runs already need not look at it.
    static func interface(_ interface: InterfaceSpec, hasROM: Bool = true) -> XMLElement {
        var children = [
            XMLElement("mac", ["address": interface.mac]),
            XMLElement("source", ["network": interface.network]),
        ]
        if let tap = interface.tapName { children.append(XMLElement("target", ["dev": tap])) }
        children.append(XMLElement("model", ["type": "virtio"]))
        if !hasROM { children.append(XMLElement("rom", ["enabled": "no"])) }
        if interface.isolated { children.append(XMLElement("port", ["isolated": "yes"])) }
        return XMLElement("interface", ["type": "network"], children: children)
    }
}
