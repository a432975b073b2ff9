import FoundationEssentials
import QMP

/// Disks and network cards as QEMU wants them described, on its command line and over its monitor.
enum QEMUDevice {
    /// What carries a disk's bytes: the file, in its format, never probed.
    static func block(of disk: DiskSpec) -> QMPValue {
        let isFixed = disk.readOnly || disk.cdrom
        return [
            "node-name": .string(disk.target), "driver": .string(disk.format.rawValue),
            "read-only": .bool(isFixed), "discard": isFixed ? "ignore" : "unmap",
            "file": ["driver": "file", "filename": .string(disk.path)],
        ]
    }

    /// The same as text.
    static func blockText(of disk: DiskSpec) -> String {
        guard let bytes = try? JSONEncoder().encode(block(of: disk)) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What the guest sees of a disk, as members of an object. A full host pauses the guest instead of spoiling its disk.
    ///
    /// A CD-ROM is a disk like the others that cannot be written: a q35 has no place for it but AHCI, for which the kernels of
    /// cloud images have no driver, and who looks for a seed goes by the label.
    static func members(of disk: DiskSpec) -> [String: QMPValue] {
        var members: [String: QMPValue] = ["id": .string(disk.target), "drive": .string(disk.target)]
        members["driver"] = "virtio-blk-pci"
        if let serial = disk.serial { members["serial"] = .string(serial) }
        if !disk.cdrom && !disk.readOnly { members["werror"] = "stop" }
        return members
    }

    /// The same as an option: its values have a narrow form, checked before.
    static func text(of disk: DiskSpec) -> String {
        let members = members(of: disk)
        let others = members.filter { $0.key != "driver" }.sorted { $0.key < $1.key }
        return ([members["driver"]?.text ?? ""] + others.map { "\($0.key)=\($0.value.text ?? "")" }).joined(
            separator: ","
        )
    }

    /// The port for a disk that is plugged in while the machine runs: the second disk has the first port behind the network
    /// card's; nil when there is none for it.
    static func port(forDisk target: String) -> String? {
        guard target.utf8.count == 3, let letter = target.utf8.last else { return nil }
        let index = Int(letter) - Int(UInt8(ascii: "a"))
        return (1..<QEMUCommandLine.portCount).contains(index) ? QEMUCommandLine.port(index) : nil
    }

    /// The network card, on the tap that was handed over under this name. It boots nothing, so it has no ROM, and no guest
    /// that wakes up needs the old interface: both would only take it time.
    static let interfaceName = "net0"
    static func interface(_ interface: InterfaceSpec) -> QMPValue {
        [
            "driver": "virtio-net-pci", "id": .string(interfaceName), "netdev": .string(interfaceName),
            "mac": .string(interface.mac), "bus": .string(QEMUCommandLine.port(0)), "addr": "0x0", "romfile": "",
            "disable-legacy": "on",
        ]
    }
}
