import DAGModel
import Testing

@Suite("Keys of actions")
struct ActionKeyTests {
    private let base = Action(
        id: "a",
        operation: .script("echo hello\n"),
        parameters: [Parameter(name: "A", value: .literal("1")), Parameter(name: "B", value: .literal("2"))]
    )

    @Test("keys do not change between releases: images in warehouses are known by them")
    func goldens() {
        #expect(self.base.key.hex == "955a75b57d59945df9e5d630ee29f12e1cb0507ef85c37a238d03b22f90cb7d6")
        let user = Action(
            id: "u",
            operation: .named("user"),
            parameters: [Parameter(name: "NAME", value: .literal("alice"))]
        )
        #expect(user.key.hex == "b3fc724d177b5b10b2ee54e93fb4939cac83fcd5c12fc5d38df6639041244577")
        let disk = Action(
            id: "d",
            site: .host,
            operation: .named("attach-disk"),
            parameters: [Parameter(name: "SIZE", value: .attribute(action: "a", name: "n"))],
            instance: "2"
        )
        #expect(disk.key.hex == "efc887a532c34d52c7faf1d689337f402f2208d3f6e259911da1d0d2f6fd3d4c")
    }

    @Test("what a step is called and how it is watched is not part of its key")
    func irrelevant() {
        var other = self.base
        other.id = "b"
        other.timeout = .seconds(1)
        other.onError = ErrorPolicy(retry: Retry(times: 2), then: .continue)
        other.outputs = [Output(name: "o")]
        other.parameters.reverse()
        other.parameters[0].secret = true
        other.checkpoint = true
        #expect(other.key == self.base.key)
    }

    @Test("what a step does is part of its key")
    func relevant() {
        let changes: [(inout Action) -> Void] = [
            { $0.site = .host },
            { $0.operation = .script("echo hello") },
            { $0.operation = .named("echo hello\n") },
            { $0.instance = "" },
            { $0.instance = "2" },
            { $0.parameters.removeLast() },
            { $0.parameters[0].name = "C" },
            { $0.parameters[0].value = .literal("") },
            { $0.parameters[0].value = .attribute(action: "1", name: "") },
            { $0.parameters[0].value = .attribute(action: "", name: "1") },
            // Fields must not run into each other.
            { $0.parameters = [Parameter(name: "A", value: .literal("11:B1:2"))] },
            { $0.parameters = [Parameter(name: "AB", value: .literal("12"))] },
        ]
        var keys: Set<ActionKey> = [self.base.key]
        for change in changes {
            var other = self.base
            change(&other)
            keys.insert(other.key)
        }
        #expect(keys.count == changes.count + 1)
    }

    @Test("a key is read from its digits only")
    func digits() throws {
        let hex = self.base.key.hex
        #expect(ActionKey(hex: hex.uppercased()) == self.base.key)
        #expect(ActionKey(hex: String(hex.dropLast())) == nil)
        #expect(ActionKey(hex: String(hex.dropLast()) + "g") == nil)
        #expect(try roundTrip([self.base.key]) == [self.base.key])
    }

    @Test("secrets are in no description")
    func redaction() throws {
        let secret = "s3cr3t-value"
        let action = Action(
            id: "a",
            operation: .named("user"),
            parameters: [
                Parameter(name: "NAME", value: .literal("alice")),
                Parameter(name: "PASSWORD", value: .literal(secret), secret: true),
            ],
            onError: ErrorPolicy(
                then: .recover(
                    try Graph(
                        actions: [
                            Action(
                                id: "b",
                                operation: .named("user"),
                                parameters: [Parameter(name: "PASSWORD", value: .literal(secret), secret: true)]
                            )
                        ],
                        edges: []
                    )
                )
            )
        )
        let request = Request(client: Client(domain: "d"), start: Start(image: "i"), graph: try Graph(chain: [action]))
        var dumped = ""
        dump(request, to: &dumped)
        for text in [
            action.description, action.debugDescription, String(reflecting: action), "\(action.parameters)",
            "\(request)",
            String(reflecting: request), String(reflecting: request.graph), dumped, "\(request.graph.match([]))",
        ] {
            #expect(!text.contains(secret))
        }
        #expect(action.description.contains("alice"))
        #expect(action.description.contains("PASSWORD=<redacted>"))
        #expect(try roundTrip(action) == action)
    }
}
