/// A disk that another one stands on: what the upper one does not hold is read from it.
///
/// It belongs to a version of an image, which stays as long as something stands on it. A manifest lists all layers
/// beneath its disk, so that nothing has to be believed that a header says.
public struct DiskLayer: Sendable, Hashable {
    /// The most disks that a disk may stand on: each costs at every read (chains of 8 read half as fast again as whole
    /// disks, chains of 32 several times as slow).
    public static let maximumDepth = 8

    /// The version of an image that the disk is of.
    public let image: ImageReference
    /// Where it is: relative to the warehouse's folder, so that this may be moved; absolute for one of `index.txt`.
    public let path: String
    /// Its format.
    public let format: ImageFormat
    /// The disk's size in bytes, as the guest sees it.
    public let virtualSize: Int
    /// The file's size in bytes.
    public let bytes: Int
    /// "sha256:" and 64 hexadecimal digits, over the file's bytes.
    public let digest: String

    /// How a published disk that stands on this one names it: from its own folder, `images/<name>/<version>/`.
    var nameInHeader: DiskBacking {
        let isAbsolute = self.path.utf8.first == UInt8(ascii: "/")
        return DiskBacking(path: isAbsolute ? self.path : "../../../" + self.path, format: self.format)
    }
}

extension DiskLayer: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case image, path, format, virtualSize, bytes, digest
    }

    /// Reads a layer.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.image = try fields.decode(ImageReference.self, forKey: .image)
        self.path = try fields.decode(String.self, forKey: .path)
        self.format = try fields.decode(ImageFormat.self, forKey: .format)
        self.virtualSize = try fields.decode(Int.self, forKey: .virtualSize)
        self.bytes = try fields.decode(Int.self, forKey: .bytes)
        self.digest = try fields.decode(String.self, forKey: .digest)
    }
}

/// A disk that a qcow2 file stands on, as its header names it.
struct DiskBacking: Sendable, Hashable {
    let path: String
    let format: ImageFormat
}
