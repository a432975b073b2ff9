/// How a plant prices a plan: a sum of parts, each with a weight. It is written as a name (`least-loaded`) or as the sum
/// itself (`load+0.5*price`, `threshold:70+affinity`).
public struct CostPolicy: Sendable, Hashable {
    /// A part and how much it counts.
    public struct Part: Sendable, Hashable {
        /// What it is.
        public var component: CostComponent
        /// What its value is multiplied by: more than 0.
        public var weight = 1.0
        /// Of a threshold: to how many percent a plant is filled.
        public var limit = 80.0
    }

    /// How it is written.
    public let text: String
    /// What it is the sum of.
    public let parts: [Part]

    /// The published VMPlants cost: 50 for a new host-only network, else 0, plus 4 for each running machine.
    ///
    /// Source: Krsul, Ganguly, Zhang, Fortes, Figueiredo: "VMPlants: Providing and Managing Virtual Machine Execution
    /// Environments for Grid Computing", SC 2004, section on the cost function.
    public static let vmplants2004 = CostPolicy("vmplants-2004", .network, .machines)
    /// The expected seconds until the machine is ready: transfer, clone, boot, and the actions that are left.
    public static let time = CostPolicy("time", .transfer, .clone, .boot, .actions)

    /// The policies that have a name.
    public static let named = [
        vmplants2004, time, CostPolicy("least-loaded", .load), CostPolicy("first-fit", .first),
        CostPolicy("round-robin", .turn), CostPolicy("threshold", .threshold), CostPolicy("affinity", .affinity),
        CostPolicy("spread", .spread), CostPolicy("price", .price), CostPolicy("transfer", .transfer),
    ]

    private init(_ name: String, _ components: CostComponent...) {
        text = name
        parts = components.map { Part(component: $0) }
    }

    /// What the policy does, in a line, for `--help` and for tables.
    public var summary: String { parts.map(\.component.summary).joined(separator: " + ") }

    /// The total of ``cost(of:load:)`` and nothing else: for whoever compares many plants.
    public func total(of work: WorkSeconds, load: PlantLoad) -> Double {
        parts.reduce(0) { sum, part in
            sum + part.weight * part.component.value(of: work, load: load, limit: part.limit)
        }
    }

    /// The price of a plan on a plant in the given state.
    public func cost(of work: PlannedWork, load: PlantLoad) -> Cost {
        let terms = parts.map { part in
            var term = part.component.term(of: work, load: load, limit: part.limit)
            if part.weight != 1 {
                term.value *= part.weight
                term.reason += ", times \(part.weight)"
            }
            return term
        }
        return Cost(policy: self, terms: terms)
    }
}

extension CostPolicy: RawRepresentable {
    /// How it is written.
    public var rawValue: String { text }

    /// Reads a name or a sum; `nil` for what is none.
    public init?(rawValue text: String) {
        if let policy = Self.named.first(where: { $0.text == text }) {
            self = policy
            return
        }
        guard text.utf8.count <= 200 else { return nil }
        let parts = text.split(separator: "+", omittingEmptySubsequences: false).map(Self.parts)
        guard !parts.contains(nil) else { return nil }
        self.text = text
        self.parts = parts.flatMap { $0 ?? [] }
    }

    /// Reads `[WEIGHT*]NAME[:LIMIT]`, where the name is that of a part or of a policy.
    private static func parts(_ word: Substring) -> [Part]? {
        let factors = word.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
        guard let last = factors.last, let weight = factors.count == 1 ? 1 : number(factors[0], upTo: 1e6) else {
            return nil
        }
        let halves = last.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(halves[0])
        var parts =
            named.first { $0.text == name }?.parts ?? CostComponent(rawValue: name).map { [Part(component: $0)] } ?? []
        for index in parts.indices { parts[index].weight = weight }
        if halves.count == 2 {
            guard name == CostComponent.threshold.rawValue, let limit = number(halves[1], upTo: 100) else { return nil }
            parts[0].limit = limit
        }
        return parts.isEmpty ? nil : parts
    }

    private static func number(_ text: Substring, upTo most: Double) -> Double? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }) else { return nil }
        return Double(text).flatMap { $0 > 0 && $0 <= most ? $0 : nil }
    }

    /// What a text must be to be a policy, in words.
    public static var form: String {
        named.map(\.text).joined(separator: ", ") + ", or a sum of these and of "
            + CostComponent.allCases.map(\.rawValue).filter { name in !named.contains { $0.text == name } }
            .joined(separator: ", ")
            + ", each with a weight if need be: `load+0.5*price`, `threshold:70+affinity`"
    }
}

extension CostPolicy: Codable {
    /// Reads how it is written.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let policy = CostPolicy(rawValue: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "`\(text.prefix(80))` is no policy")
        }
        self = policy
    }

    /// Writes how it is written.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
