/// One configuration step.
///
/// Its descriptions leave out the values of parameters marked as secret; its coded form has them, as whoever carries
/// the action out needs them.
public struct Action: Sendable, Hashable, Codable, Identifiable {
    /// Where an action runs.
    public enum Site: String, Sendable, Hashable, Codable, CaseIterable {
        /// Inside the machine.
        case guest
        /// On the plant; only named operations.
        case host
    }

    /// The name of the action in its request: `[A-Za-z_][A-Za-z0-9_.-]{0,63}`.
    public var id: String
    /// Where it runs.
    public var site: Site
    /// What it does.
    public var operation: Operation
    /// What it is given, in document order; a script finds them in its environment.
    public var parameters: [Parameter]
    /// Tells apart two actions that are otherwise the same.
    public var instance: String?
    /// How long one attempt may take.
    public var timeout: Duration
    /// What to do when it fails.
    public var onError: ErrorPolicy
    /// The attributes that it publishes.
    public var outputs: [Output]
    /// Whether an image is to be made of the machine when it is done, for later requests to start from.
    public var checkpoint: Bool

    /// The timeout of an action that says nothing of one: 60 s.
    public static let defaultTimeout = Duration.seconds(60)

    /// Creates an action.
    public init(
        id: String,
        site: Site = .guest,
        operation: Operation,
        parameters: [Parameter] = [],
        instance: String? = nil,
        timeout: Duration = Action.defaultTimeout,
        onError: ErrorPolicy = ErrorPolicy(),
        outputs: [Output] = [],
        checkpoint: Bool = false
    ) {
        self.id = id
        self.site = site
        self.operation = operation
        self.parameters = parameters
        self.instance = instance
        self.timeout = timeout
        self.onError = onError
        self.outputs = outputs
        self.checkpoint = checkpoint
    }
}

/// What an action does.
public enum Operation: Sendable, Hashable, Codable {
    /// Runs a script, as it stands: parameters are never pasted into its text.
    case script(String)
    /// Does what a name of ``OperationCatalog`` stands for.
    case named(String)
}

/// A value that an action is given under a name.
public struct Parameter: Sendable, Hashable, Codable {
    /// Where the value comes from.
    public enum Value: Sendable, Hashable, Codable {
        /// The request itself.
        case literal(String)
        /// The attribute `name` that the action with the id `action` publishes.
        case attribute(action: String, name: String)
    }

    /// The name, fit for an environment variable: `[A-Za-z_][A-Za-z0-9_]{0,63}`, not beginning with `VMSHOP_`.
    public var name: String
    /// The value, or where it comes from.
    public var value: Value
    /// Whether the value may appear in logs and answers (it may not, if true).
    public var secret: Bool

    /// Creates a parameter.
    public init(name: String, value: Value, secret: Bool = false) {
        self.name = name
        self.value = value
        self.secret = secret
    }
}

/// An attribute that an action promises to publish.
public struct Output: Sendable, Hashable, Codable {
    /// The type that the published text must have.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// Any text.
        case string
        /// A whole number.
        case integer
        /// A number.
        case real
        /// `true` or `false`.
        case boolean
    }

    /// The name: `[A-Za-z_][A-Za-z0-9_]{0,63}`.
    public var name: String
    /// Its type.
    public var type: Kind
    /// Whether the action has failed if it does not publish it.
    public var required: Bool

    /// Creates an output.
    public init(name: String, type: Kind = .string, required: Bool = true) {
        self.name = name
        self.type = type
        self.required = required
    }
}
