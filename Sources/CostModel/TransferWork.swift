/// An image to be fetched from another plant.
public struct TransferWork: Sendable, Hashable, Codable {
    /// The image.
    public var image: String
    /// The plant that it comes from.
    public var source: String
    /// The bytes that are missing: those that are here already do not count, nor those that another machine is waiting for
    /// and that have come.
    public var bytes: Int
    /// The bytes a second that are expected of the source.
    public var bytesPerSecond: Double
    /// Where that figure comes from, for people.
    public var basis: String

    /// A transfer.
    public init(image: String, source: String, bytes: Int, bytesPerSecond: Double, basis: String) {
        self.image = image
        self.source = source
        self.bytes = bytes
        self.bytesPerSecond = bytesPerSecond
        self.basis = basis
    }

    /// Seconds that a transfer takes besides its bytes: some answers to wait for, files to be made durable.
    public static let fixedSeconds = 0.05

    /// Seconds the transfer is expected to take.
    public var expectedSeconds: Double { Self.fixedSeconds + Double(bytes) / max(1, bytesPerSecond) }
}
