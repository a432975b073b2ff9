/// The disk of an image.
public struct DiskFile: Sendable, Hashable {
    /// Where it is: relative to the manifest's folder, or absolute in a manifest that `index.txt` names.
    public let path: String
    /// Its format.
    public let format: ImageFormat
    /// The disk's size in bytes, as the guest sees it.
    public let virtualSize: Int
    /// The file's size in bytes.
    public let bytes: Int
    /// "sha256:" and 64 hexadecimal digits, over the file's bytes.
    public let digest: String
    /// The disks that it stands on, the nearest first; none for a disk that is whole by itself.
    public internal(set) var layers: [DiskLayer] = []
}

extension DiskFile: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case path, format, virtualSize, bytes, digest, layers
    }

    /// Reads the description of a disk file.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.path = try fields.decode(String.self, forKey: .path)
        self.format = try fields.decode(ImageFormat.self, forKey: .format)
        self.virtualSize = try fields.decode(Int.self, forKey: .virtualSize)
        self.bytes = try fields.decode(Int.self, forKey: .bytes)
        self.digest = try fields.decode(String.self, forKey: .digest)
        self.layers = try fields.decodeIfPresent([DiskLayer].self, forKey: .layers) ?? []
    }

    /// Writes the description of a disk file; a disk without layers as it always was.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(self.path, forKey: .path)
        try fields.encode(self.format, forKey: .format)
        try fields.encode(self.virtualSize, forKey: .virtualSize)
        try fields.encode(self.bytes, forKey: .bytes)
        try fields.encode(self.digest, forKey: .digest)
        if !self.layers.isEmpty { try fields.encode(self.layers, forKey: .layers) }
    }
}

/// A kernel and its initial file system, started without a boot loader.
public struct ImageBoot: Sendable, Hashable {
    /// The kernel.
    public let kernel: BootFile
    /// The initial file system.
    public let initrd: BootFile?
    /// The kernel's command line.
    public let commandLine: String
}

extension ImageBoot: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case kernel, initrd, commandLine
    }

    /// Reads what is needed for a direct start.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.kernel = try fields.decode(BootFile.self, forKey: .kernel)
        self.initrd = try fields.decodeIfPresent(BootFile.self, forKey: .initrd)
        self.commandLine = try fields.decode(String.self, forKey: .commandLine)
    }
}

/// A file of an image that is not its disk.
public struct BootFile: Sendable, Hashable {
    /// Where it is: relative to the manifest's folder, or absolute in a manifest that `index.txt` names.
    public let path: String
    /// The file's size in bytes.
    public let bytes: Int
    /// "sha256:" and 64 hexadecimal digits, over the file's bytes.
    public let digest: String
}

extension BootFile: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case path, bytes, digest
    }

    /// Reads the description of a kernel or an initial file system.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.path = try fields.decode(String.self, forKey: .path)
        self.bytes = try fields.decode(Int.self, forKey: .bytes)
        self.digest = try fields.decode(String.self, forKey: .digest)
    }
}
