/// A version of an image, by the name and the digest of its content: `small` and `sha256:…`.
public struct ImageVersionName: Sendable, Hashable, Codable {
    /// The image's name.
    public var name: String
    /// The digest of its content: `sha256:` and 64 hexadecimal digits.
    public var digest: String

    /// A version's name.
    public init(name: String, digest: String) {
        self.name = name
        self.digest = digest
    }
}

/// A file that an image is made of, by its content.
public struct OfferedFile: Sendable, Hashable, Codable {
    /// What it is to the image: `disk`, `layer`, `kernel`, `initrd` …
    public var role: String
    /// `sha256:` and 64 hexadecimal digits, over its bytes.
    public var digest: String
    /// Its size in bytes.
    public var bytes: Int

    /// A file.
    public init(role: String, digest: String, bytes: Int) {
        self.role = role
        self.digest = digest
        self.bytes = bytes
    }
}

/// An image that a plant lets others fetch.
public struct ImageOffer: Sendable, Hashable, Codable {
    /// Its name.
    public var name: String
    /// The digest of its content.
    public var digest: String
    /// All its files, those that it stands on too.
    public var files: [OfferedFile]

    /// An offer.
    public init(name: String, digest: String, files: [OfferedFile]) {
        self.name = name
        self.digest = digest
        self.files = files
    }

    /// The version that is offered.
    public var version: ImageVersionName { ImageVersionName(name: name, digest: digest) }
}

/// What a plant lets others fetch, all of it.
public struct ImageOffers: Sendable, Hashable, Codable {
    /// The plant.
    public var plant: String
    /// Its images, by name.
    public var images: [ImageOffer]

    /// A list.
    public init(plant: String, images: [ImageOffer]) {
        self.plant = plant
        self.images = images
    }
}

/// How far an image has come on its way to a plant.
public struct ImageTransfer: Sendable, Hashable, Codable {
    /// How it stands.
    public enum State: String, Sendable, Hashable, Codable {
        /// It is on its way.
        case fetching
        /// It is there.
        case present
        /// It did not arrive; `problem` has every reason.
        case failed
    }

    /// The image's name.
    public var image: String
    /// The plant that fetches it.
    public var plant: String
    /// How it stands.
    public var state: State
    /// The plant that it comes from.
    public var source: String?
    /// Bytes that are here, of those that were missing when the transfer began.
    public var received: Int
    /// Bytes that were missing.
    public var total: Int
    /// Why it did not arrive.
    public var problem: String?

    /// A state of a transfer.
    public init(
        image: String,
        plant: String,
        state: State,
        source: String? = nil,
        received: Int = 0,
        total: Int = 0,
        problem: String? = nil
    ) {
        self.image = image
        self.plant = plant
        self.state = state
        self.source = source
        self.received = received
        self.total = total
        self.problem = problem
    }
}
