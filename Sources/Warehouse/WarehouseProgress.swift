/// How far a publication or a verification has come.
public struct WarehouseProgress: Sendable, Hashable {
    /// What is being done.
    public enum Phase: String, Sendable, Hashable {
        /// Files are copied into the warehouse, and their digests computed.
        case copying
        /// Digests are computed again.
        case verifying
    }

    /// Receives progress, on a thread that must not be held up; at most once for every 16 MiB and once at each file's end.
    public typealias Handler = @Sendable (WarehouseProgress) -> Void

    /// What is being done.
    public let phase: Phase
    /// Which file of the image.
    public let file: ImageFileRole
    /// The bytes of this file that are done, holes included.
    public let completedBytes: Int
    /// The size of this file in bytes.
    public let totalBytes: Int
}
