/// A file of an image as it travels: by its content, never by a path.
public struct TransferFile: Sendable, Hashable {
    /// What it is to its image.
    public let role: ImageFileRole
    /// "sha256:" and 64 hexadecimal digits, over its bytes.
    public let digest: String
    /// Its size in bytes.
    public let bytes: Int

    /// A file.
    public init(role: ImageFileRole, digest: String, bytes: Int) {
        self.role = role
        self.digest = digest
        self.bytes = bytes
    }

    init(_ file: ImageFile) {
        self.init(role: file.role, digest: file.digest, bytes: file.bytes)
    }
}
