/// The header of a qcow2 file as it stands there: bounded and well-formed, but not yet trusted.
///
/// Format: "docs/interop/qcow2.txt" of QEMU. ``checkStandalone(fileSize:)`` says whether an image with this header may
/// enter or stand in a warehouse.
public struct QCOW2Header: Sendable, Hashable {
    /// The features that a reader must know in order to read the image.
    public struct IncompatibleFeatures: OptionSet, Sendable, Hashable {
        /// The bits of the header field.
        public let rawValue: UInt64

        /// Features with the bits `rawValue`.
        public init(rawValue: UInt64) {
            self.rawValue = rawValue
        }

        /// Reference counts may be stale: the image was not closed.
        public static let dirty = Self(rawValue: 1 << 0)
        /// Metadata are known to be inconsistent.
        public static let corrupt = Self(rawValue: 1 << 1)
        /// Guest data are in another file that the header names.
        public static let externalDataFile = Self(rawValue: 1 << 2)
        /// Compressed clusters are not deflated but, say, in zstd.
        public static let compressionType = Self(rawValue: 1 << 3)
        /// L2 entries are 16 bytes wide.
        public static let extendedL2 = Self(rawValue: 1 << 4)
    }

    /// How many bytes from the start of a file ``init(parsing:)`` wants at most.
    public static let prefixLength = 64 << 10

    /// 2 or 3.
    public let version: Int
    /// log2 of the cluster size in bytes, 9…21.
    public let clusterBits: Int
    /// The disk's size in bytes, as the guest sees it.
    public let virtualSize: Int
    /// The path of the backing file, if one is named.
    public let backingPath: String?
    /// The stated format of the backing file.
    public let backingFormat: String?
    /// The features a reader must know.
    public let incompatibleFeatures: IncompatibleFeatures
    /// The types of the header extensions, in their order.
    public let extensionTypes: [UInt32]
    /// 0, or the method by which guest data are encrypted.
    public let encryptionMethod: Int
    /// The number of internal snapshots.
    public let snapshotCount: Int
    /// log2 of the width of a reference count in bits.
    public let referenceCountOrder: Int
    let levelOneEntries: Int
    let levelOneOffset: UInt64
    let referenceTableOffset: UInt64
    let referenceTableClusters: Int

    /// The cluster size in bytes.
    public var clusterSize: Int { 1 << self.clusterBits }

    /// The bytes that every qcow2 file begins with.
    static let magic: [UInt8] = [0x51, 0x46, 0x49, 0xfb]
}
