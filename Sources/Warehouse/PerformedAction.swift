public import DAGModel

/// An action that was carried out when an image was made.
public struct PerformedAction: Sendable, Hashable {
    /// The action's key: the digest over its canonical form.
    public let key: ActionKey
    /// The action's id in the request by which the image was made.
    public let action: String
    /// The operation's name, or nothing for a script.
    public let operation: String?
    /// The attributes that the action published.
    public let outputs: [String: String]

    /// A performed action.
    public init(key: ActionKey, action: String, operation: String?, outputs: [String: String] = [:]) {
        self.key = key
        self.action = action
        self.operation = operation
        self.outputs = outputs
    }
}

extension PerformedAction: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case key, action, operation, outputs
    }

    /// Reads a performed action; its key is 64 hexadecimal digits.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.key = try fields.decode(ActionKey.self, forKey: .key)
        self.action = try fields.decode(String.self, forKey: .action)
        self.operation = try fields.decodeIfPresent(String.self, forKey: .operation)
        self.outputs = try fields.decodeIfPresent([String: String].self, forKey: .outputs) ?? [:]
    }

    /// Writes a performed action.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(self.key, forKey: .key)
        try fields.encode(self.action, forKey: .action)
        try fields.encodeIfPresent(self.operation, forKey: .operation)
        try fields.encode(self.outputs, forKey: .outputs)
    }
}
