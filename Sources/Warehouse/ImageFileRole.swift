/// What a file is to its image.
public enum ImageFileRole: String, Sendable, Hashable, Codable, CaseIterable {
    /// The disk.
    case disk
    /// A disk of another image that the disk stands on.
    case layer
    /// The kernel, of an image that is started directly.
    case kernel
    /// The initial file system.
    case initrd
    /// The saved state of a running machine: libvirt's save image, or the devices' state of a template.
    case state
    /// The memory of a template.
    case ram
}
