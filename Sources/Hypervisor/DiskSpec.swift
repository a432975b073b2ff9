/// A disk of a domain: a file on the host, and how the guest sees it.
public struct DiskSpec: Sendable, Hashable, Codable {
    /// Absolute path of the file.
    public var path: String
    /// The file's format. It is always stated: a format that is probed lets a guest forge a header.
    public var format: Format
    /// The name of the device: `vda`… for virtio disks, `hda`… or `sda`… for CD-ROMs. A name to the hypervisor, and
    /// only a hint to the guest.
    public var target: String
    /// Whether the guest is kept from writing. A CD-ROM is always read-only.
    public var readOnly: Bool
    /// Whether the guest sees a CD-ROM instead of a virtio disk.
    public var cdrom: Bool
    /// The serial number the guest sees, `[A-Za-z0-9_.+-]{1,20}`; links under `/dev/disk/by-id` come from it.
    public var serial: String?

    /// Formats of disk files.
    public enum Format: String, Sendable, Hashable, Codable, CaseIterable {
        /// QEMU's copy-on-write format.
        case qcow2
        /// The bytes as the guest sees them.
        case raw
    }

    /// A disk.
    ///
    /// - Parameters:
    ///   - path: Absolute path of the file.
    ///   - format: The file's format.
    ///   - target: Name of the device, `vda` say.
    ///   - readOnly: Whether the guest is kept from writing.
    ///   - cdrom: Whether the guest sees a CD-ROM.
    ///   - serial: Serial number the guest sees.
    public init(
        path: String,
        format: Format,
        target: String,
        readOnly: Bool = false,
        cdrom: Bool = false,
        serial: String? = nil
    ) {
        self.path = path
        self.format = format
        self.target = target
        self.readOnly = readOnly
        self.cdrom = cdrom
        self.serial = serial
    }
}
