extension Operation {
    /// The operation as reports name it: `script` for inline text, else its own name.
    public var name: String {
        switch self {
        case .script: "script"
        case .named(let name): name
        }
    }
}
