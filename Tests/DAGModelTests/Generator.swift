import ClassAds
import DAGModel
import SeededRandom

/// Makes requests that are valid and use whatever there is to use.
struct RequestGenerator {
    var random: SeededGenerator
    private var serial = 0

    init(seed: Int) {
        self.random = SeededGenerator(seed: seed)
    }

    mutating func request() throws -> Request {
        let image = self.chance(70) ? "image-\(self.number(9)).x" : nil
        let hardware = Hardware(
            memory: self.chance(50) ? ByteCount(bytes: 1 + self.number(1 << 40)) : nil,
            cpus: self.chance(50) ? 1 + self.number(64) : nil,
            disk: self.chance(50) ? ByteCount(bytes: 1 << self.number(45)) : nil,
            architecture: self.chance(50) ? "x86_64" : nil,
            operatingSystem: self.chance(50) ? "linux" : nil
        )
        return Request(
            name: self.chance(50) ? "a \"name\" <&> 'é'" : nil,
            client: Client(domain: "d-\(self.number(99)).org", user: self.chance(50) ? " x y " : nil),
            lease: self.chance(50) ? self.lease() : nil,
            requirements: self.chance(30)
                ? try Query(parsing: "Rack == \"b  \(self.number(9))\" && Price < 2\n|| Ssd") : nil,
            start: Start(image: image, hardware: hardware),
            graph: try self.graph(depth: 0)
        )
    }

    private mutating func lease() -> Lease {
        Lease(
            duration: .milliseconds(1 + self.number(1_000_000_000)),
            idle: self.chance(50) ? .milliseconds(1 + self.number(1_000_000)) : nil,
            end: self.chance(50) ? .suspend : .collect
        )
    }

    mutating func graph(depth: Int) throws -> Graph {
        let count = depth == 0 ? self.number(9) : 1 + self.number(3)
        var actions: [Action] = []
        var order: [Int] = []
        for _ in 0..<count {
            actions.append(try self.action(depth: depth))
            order.append(order.count)
        }
        order.shuffle(using: &self.random)
        var edges: [Edge] = []
        for from in order.indices {
            for to in order.indices where to > from && self.chance(30) {
                edges.append(Edge(from: actions[order[from]].id, to: actions[order[to]].id))
                guard let output = actions[order[from]].outputs.first, actions[order[to]].site == .guest else {
                    continue
                }
                let value = Parameter.Value.attribute(action: actions[order[from]].id, name: output.name)
                actions[order[to]].parameters.append(Parameter(name: "R\(from)", value: value, secret: self.chance(20)))
            }
        }
        for index in actions.indices where actions[index].site == .guest {
            actions[index].checkpoint = self.chance(20) && !actions[index].parameters.contains(where: \.secret)
        }
        if edges.isEmpty && self.chance(50) { return try Graph(chain: actions) }
        return try Graph(actions: actions, edges: edges.shuffled(using: &self.random))
    }

    private mutating func action(depth: Int) throws -> Action {
        self.serial += 1
        var action = self.chance(20) ? self.disk() : self.script()
        action.instance = self.chance(30) ? "i \(self.number(3))" : nil
        action.timeout = self.chance(30) ? Action.defaultTimeout : .milliseconds(1 + self.number(999_999_999))
        if self.chance(30) {
            let retry = Retry(
                times: 1 + self.number(10),
                delay: .milliseconds(self.number(99)),
                backoff: 1 + Double(self.number(990)) / 10
            )
            action.onError.retry = self.chance(50) ? retry : nil
            action.onError.then = self.chance(50) ? .continue : .abort
        } else if depth < 2 && self.chance(20) {
            action.onError.then = .recover(try self.graph(depth: depth + 1))
        }
        return action
    }

    private mutating func disk() -> Action {
        Action(
            id: "a.\(self.serial)-x",
            site: .host,
            operation: .named("attach-disk"),
            parameters: [
                Parameter(name: "SIZE", value: .literal("\(self.serial)MiB")),
                Parameter(name: "SERIAL", value: .literal("s_\(self.serial)-")),
            ],
            outputs: self.chance(50) ? [Output(name: "serial")] : []
        )
    }

    private mutating func script() -> Action {
        Action(
            id: "a.\(self.serial)-x",
            operation: .script(self.text() + "\(self.serial)"),
            parameters: (0..<self.number(3)).map {
                Parameter(name: "P\($0)", value: .literal(self.text()), secret: self.chance(30))
            },
            outputs: (0..<self.number(3)).map {
                Output(name: "o\($0)", type: self.chance(50) ? .integer : .string, required: $0 == 0)
            }
        )
    }

    /// Text that is hard to carry.
    private mutating func text() -> String {
        let pieces = [
            "]]>", "\r\n", "\r", "\n", "\t", " ", "<![CDATA[", "&amp;", "&", "<", "\"", "'", "é", "𝄞", "x", "\u{85}",
            "--", "?>", "\u{7F}", "\u{9B}", "\u{202E}", "\u{2066}", "\u{2028}", "\u{FFFD}", "\u{FEFF}",
        ]
        return (0..<self.number(12)).map { _ in pieces[self.number(pieces.count)] }.joined()
    }

    mutating func number(_ bound: Int) -> Int {
        Int.random(in: 0..<bound, using: &self.random)
    }

    mutating func chance(_ percent: Int) -> Bool {
        self.number(100) < percent
    }
}
