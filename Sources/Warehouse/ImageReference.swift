/// One version of an image: a name moves from one content to the next, the digest says which is meant.
public struct ImageReference: Sendable, Hashable, CustomStringConvertible {
    /// The image's name.
    public let name: String
    /// ``ImageManifest/contentDigest`` of the version.
    public let digest: String

    /// A reference.
    public init(name: String, digest: String) {
        self.name = name
        self.digest = digest
    }

    /// The name and the first digits of the digest, `small@dd06d2479d9a`.
    public var description: String { self.name + "@" + self.digest.dropFirst("sha256:".count).prefix(12) }
}

extension ImageReference: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case name, digest
    }

    /// Reads a reference.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.name = try fields.decode(String.self, forKey: .name)
        self.digest = try fields.decode(String.self, forKey: .digest)
    }
}

/// Where an image came from.
public enum ImageOrigin: String, Sendable, Hashable, Codable, CaseIterable {
    /// Somebody published files.
    case installer
    /// Somebody published what a machine had become.
    case machine
    /// A request asked for it between two of its actions.
    case checkpoint
    /// A plant found it worth keeping, and may remove it again.
    case automatic
    /// It was started from another image and saved while it ran.
    case warm
}
