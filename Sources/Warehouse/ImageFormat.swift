/// The format of a disk file; it is always stated, never guessed from the file's content.
public enum ImageFormat: String, Sendable, Hashable, Codable, CaseIterable {
    /// QEMU's copy-on-write format, version 2 or 3.
    case qcow2
    /// The disk's bytes and nothing else.
    case raw
}
