/// What a step does, as far as its ``ActionKey`` depends on it: what an image keeps of each step that made it, so that it
/// can be said why a step of a request is not the same.
///
/// Values of secret parameters are left out: an image outlives the request that it was made by.
public struct StepContent: Sendable, Hashable, Codable {
    /// Where it ran.
    public var site: Action.Site
    /// The name of a named operation; nil for a script.
    public var operation: String?
    /// The text of a script.
    public var script: String?
    /// The values of the parameters by name; references as `${action.output}`, nil for a secret.
    public var parameters: [String: String?]
    /// What tells it apart from a step that is otherwise the same.
    public var instance: String?

    /// What an action does.
    public init(_ action: Action) {
        self.site = action.site
        switch action.operation {
        case .named(let name): self.operation = name
        case .script(let text): self.script = text
        }
        self.parameters = [:]
        for parameter in action.parameters {
            let value: String? =
                switch parameter.value {
                case .literal(let text): parameter.secret ? nil : text
                case .attribute(let action, let name): "${\(action).\(name)}"
                }
            self.parameters.updateValue(value, forKey: parameter.name)
        }
        self.instance = action.instance
    }

    /// The first thing in which this step is another than `other`; nil if no difference can be seen. Then, if the keys
    /// differ, it is in the value of a secret.
    public func difference(to other: StepContent) -> StepDifference? {
        if self.site != other.site { return StepDifference("run", self.site.rawValue, other.site.rawValue) }
        if self.operation != other.operation {
            return StepDifference("operation", self.operation ?? "script", other.operation ?? "script")
        }
        if let difference = self.differentParameter(other) ?? self.differentLine(other) { return difference }
        if self.instance != other.instance {
            return StepDifference("instance", self.instance ?? "none", other.instance ?? "none")
        }
        return nil
    }

    /// How much of this step is as in `other`, from 0 to 1: what is nearly the same is more than half the same.
    func similarity(to other: StepContent) -> Double {
        guard self.site == other.site, self.operation == other.operation else { return 0 }
        let names = Set(self.parameters.keys).union(other.parameters.keys)
        let same = names.filter { self.value(of: $0) == other.value(of: $0) }.count
        let work = self.script == nil ? 1 : Self.similarity(self.lines, other.lines)
        return (work * 2 + Double(same)) / (2 + Double(names.count))
    }

    private var lines: [Substring] { (self.script ?? "").split(separator: "\n", omittingEmptySubsequences: false) }

    private func value(of name: String) -> String {
        guard let value = self.parameters[name] else { return "none" }
        return value.map { "\"\($0)\"" } ?? "(secret)"
    }

    private func differentParameter(_ other: StepContent) -> StepDifference? {
        let names = Set(self.parameters.keys).union(other.parameters.keys)
        guard let name = names.sorted().first(where: { self.value(of: $0) != other.value(of: $0) }) else { return nil }
        return StepDifference("parameter \(name)", self.value(of: name), other.value(of: name))
    }

    private func differentLine(_ other: StepContent) -> StepDifference? {
        guard self.script != other.script else { return nil }
        let (ours, theirs) = (self.lines, other.lines)
        let shared = min(ours.count, theirs.count)
        let index = (0..<shared).first { ours[$0] != theirs[$0] } ?? shared
        func line(_ lines: [Substring]) -> String { index < lines.count ? "\"\(lines[index])\"" : "none" }
        return StepDifference("line \(index + 1) of the script", line(ours), line(theirs))
    }

    /// The part of the lines of both that are in both.
    private static func similarity(_ ours: [Substring], _ theirs: [Substring]) -> Double {
        var counts: [Substring: Int] = [:]
        for line in ours { counts[line, default: 0] += 1 }
        var shared = 0
        for line in theirs where counts[line, default: 0] > 0 {
            counts[line, default: 0] -= 1
            shared += 1
        }
        return Double(2 * shared) / Double(max(1, ours.count + theirs.count))
    }
}

/// In what two steps differ.
public struct StepDifference: Sendable, Hashable, Codable {
    /// What differs: `run`, `operation`, `parameter NAME`, `line N of the script`, `instance`.
    public var field: String
    /// What the image has.
    public var old: String
    /// What the request asks for.
    public var new: String

    /// A difference.
    public init(_ field: String, _ old: String, _ new: String) {
        self.field = field
        self.old = old
        self.new = new
    }
}
