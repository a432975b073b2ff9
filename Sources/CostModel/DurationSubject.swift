public import DAGModel

/// What a learned duration is about.
public enum DurationSubject: Sendable, Hashable {
    /// A very step.
    case key(ActionKey)
    /// The steps of an operation.
    case operation(String)
    /// The start of machines whose disks begin with that image.
    case boot(image: String)
    /// The start of whatever image: what is expected of one that was never started here.
    case anyBoot
    /// The waking of whatever image that was saved while it ran.
    case anyWake
    /// The becoming of a machine of an image of a spare.
    case taking(image: String)
    /// The same of whatever image.
    case anyTaking
    /// How many times longer machines took until they were ready than was expected: no seconds, but learned alike.
    case ratio

    /// What it is known by, in books and on the wire.
    public var text: String {
        switch self {
        case .ratio: "ratio"
        case .key(let key): "key:" + key.hex
        case .operation(let name): "operation:" + name
        case .boot(let image): "boot:" + image
        case .anyBoot: "boot"
        case .anyWake: "wake"
        case .taking(let image): "spare:" + image
        case .anyTaking: "spare"
        }
    }

    /// Whether a text is that of one very step: of these there may be any number.
    public static func isStep(_ text: String) -> Bool { text.hasPrefix("key:") }

    /// What an action's duration is known by: the very step, else steps of its kind.
    public static func action(_ action: Action, _ key: ActionKey) -> [DurationSubject] {
        [.key(key), .operation(action.operation.name)]
    }

    /// What it is, for people.
    public var title: String {
        switch self {
        case .ratio: "machines"
        case .key: "this very step"
        case .operation(let name): name == "script" ? "other scripts" : "`\(name)`"
        case .boot(let image): "`\(image)`"
        case .anyBoot: "other images"
        case .anyWake: "other images that wake up"
        case .taking(let image): "spares of `\(image)`"
        case .anyTaking: "other spares"
        }
    }

    /// Seconds assumed of what was never seen.
    public var fallback: Double {
        switch self {
        case .ratio: 1
        case .key, .operation: 0.5
        case .boot, .anyBoot: 3
        case .anyWake: 0.5
        case .taking, .anyTaking: 0.2
        }
    }
}
