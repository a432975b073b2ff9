public import DAGModel

/// What an image asks of the machine that it runs on.
public struct ImageHardware: Sendable, Hashable {
    /// The least memory with which the image works; nothing when it was not stated.
    public let minimumMemory: ByteCount?
    /// The processor architecture as QEMU names it, "x86_64".
    public let architecture: String

    /// Hardware needs.
    public init(minimumMemory: ByteCount?, architecture: String) {
        self.minimumMemory = minimumMemory
        self.architecture = architecture
    }
}

extension ImageHardware: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case minimumMemory, architecture
    }

    /// Reads hardware needs; memory is a number with a unit, "256MiB".
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.architecture = try fields.decode(String.self, forKey: .architecture)
        guard let text = try fields.decodeIfPresent(String.self, forKey: .minimumMemory) else {
            self.minimumMemory = nil
            return
        }
        guard let memory = ByteCount(text) else {
            throw DecodingError.dataCorruptedError(
                forKey: .minimumMemory,
                in: fields,
                debugDescription: "a size with its unit is wanted, such as \"256MiB\""
            )
        }
        self.minimumMemory = memory
    }

    /// Writes hardware needs.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encodeIfPresent(self.minimumMemory?.description, forKey: .minimumMemory)
        try fields.encode(self.architecture, forKey: .architecture)
    }
}
