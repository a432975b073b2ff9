/// The images of a plant, for other plants: what it has, and the bytes of it.
///
/// All of it is named by content. No path ever comes from a caller.
public protocol ImageService: Sendable {
    /// What others may fetch, with a tag that changes when the list does.
    func offers() async throws -> TaggedOffers

    /// The manifest of a version, as it lies in the warehouse.
    ///
    /// - Throws: ``ServiceError`` `image.unknown`.
    func manifest(of version: ImageVersionName) async throws -> [UInt8]

    /// A file of a version, to be read.
    ///
    /// - Throws: ``ServiceError`` `image.unknown`, `service.unavailable` when as many are read already as may be.
    func file(_ digest: String, of version: ImageVersionName) async throws -> any ReadableFile

    /// Begins to fetch an image from where it is to be had, or says how far that has come. Call it again to follow it.
    ///
    /// - Parameters:
    ///   - image: The image's name.
    ///   - replace: Whether another version of that name, which is here, is replaced.
    /// - Returns: How it stands.
    /// - Throws: ``ServiceError`` `image.unknown` when no source has it, `image.conflict` when another version is here.
    func fetch(_ image: String, replace: Bool) async throws -> [ImageTransfer]
}

/// What is offered, and the tag of this state of it.
public struct TaggedOffers: Sendable, Hashable {
    /// The list.
    public var offers: ImageOffers
    /// Another list has another tag.
    public var tag: String

    /// A list with its tag.
    public init(offers: ImageOffers, tag: String) {
        self.offers = offers
        self.tag = tag
    }
}

/// A file that is read piece by piece.
public protocol ReadableFile: Sendable {
    /// Its size in bytes.
    var bytes: Int { get }

    /// Reads `count` bytes from `offset` on.
    ///
    /// - Throws: What kept them from being read; fewer are an error too.
    func read(_ count: Int, at offset: Int) async throws -> [UInt8]
}
