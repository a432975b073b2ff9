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

    /// What it did, where that was recorded: so that it can be said in what a request differs.
    public let content: StepContent?

    /// A performed action.
    public init(
        key: ActionKey,
        action: String,
        operation: String?,
        outputs: [String: String] = [:],
        content: StepContent? = nil
    ) {
        self.key = key
        self.action = action
        self.operation = operation
        self.outputs = outputs
        self.content = content
    }

    /// An action of a request that was carried out.
    public init(_ action: Action, outputs: [String: String]) {
        let content = StepContent(action)
        self.init(
            key: action.key,
            action: action.id,
            operation: content.operation,
            outputs: outputs,
            content: content
        )
    }
}

extension PerformedAction: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case key, action, operation, outputs, content
    }

    /// Reads a performed action; its key is 64 hexadecimal digits.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.key = try fields.decode(ActionKey.self, forKey: .key)
        self.action = try fields.decode(String.self, forKey: .action)
        self.operation = try fields.decodeIfPresent(String.self, forKey: .operation)
        self.outputs = try fields.decodeIfPresent([String: String].self, forKey: .outputs) ?? [:]
        self.content = try fields.decodeIfPresent(StepContent.self, forKey: .content)
    }

    /// Writes a performed action.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(self.key, forKey: .key)
        try fields.encode(self.action, forKey: .action)
        try fields.encodeIfPresent(self.operation, forKey: .operation)
        try fields.encode(self.outputs, forKey: .outputs)
        try fields.encodeIfPresent(self.content, forKey: .content)
    }
}
