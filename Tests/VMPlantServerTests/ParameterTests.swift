import ClassAds
import DAGModel
import ShopAPI
import Testing

@testable import VMPlantServer

@Suite("what actions publish and are given")
struct ParameterTests {
    @Test("declared outputs are taken with their types; what is not declared is not")
    func outputs() {
        let declared = [
            Output(name: "text"), Output(name: "count", type: .integer), Output(name: "share", type: .real),
            Output(name: "ok", type: .boolean), Output(name: "absent", required: false),
        ]
        let published = ["text": "a b", "count": "-3", "share": "0.5", "ok": "yes", "stray": "1"]
        let read = PublishedOutputs(declared: declared, published: published)
        #expect(read.problems.isEmpty)
        #expect(
            read.attributes
                == Attributes([
                    "text": .string("a b"), "count": .integer(-3), "share": .real(0.5), "ok": .boolean(true),
                ])
        )
    }

    @Test("a required output that is missing, or one of another type, is a problem, and each is told")
    func problems() {
        let declared = [
            Output(name: "missing"), Output(name: "count", type: .integer),
            Output(name: "optional", type: .real, required: false), Output(name: "fine"),
        ]
        let published = ["count": "three", "optional": "inf", "fine": "x"]
        let read = PublishedOutputs(declared: declared, published: published)
        #expect(read.problems.count == 3)
        for name in ["missing", "count", "optional"] { #expect(read.problems.contains { $0.contains("`\(name)`") }) }
        #expect(read.attributes == Attributes(["fine": .string("x")]))
    }

    @Test("parameters are literals as they stand, and outputs of earlier actions")
    func values() {
        var first = ActionReport(Action(id: "first", operation: .script("1")), status: .done)
        first.outputs = Attributes(["path": .string("/a b"), "count": .integer(7)])
        let parameters = [
            Parameter(name: "TEXT", value: .literal("$(reboot) 'quoted'\n")),
            Parameter(name: "PATH_OF", value: .attribute(action: "first", name: "path")),
            Parameter(name: "COUNT", value: .attribute(action: "first", name: "count")),
        ]
        let resolved = ParameterValues(parameters, reports: [first])
        #expect(resolved.missing.isEmpty)
        #expect(resolved.values == ["TEXT": "$(reboot) 'quoted'\n", "PATH_OF": "/a b", "COUNT": "7"])
    }

    @Test("every reference without a value is told")
    func missing() {
        let report = ActionReport(Action(id: "first", operation: .script("1")), status: .continued)
        let parameters = [
            Parameter(name: "A", value: .attribute(action: "first", name: "path")),
            Parameter(name: "B", value: .attribute(action: "never", name: "path")),
        ]
        let resolved = ParameterValues(parameters, reports: [report])
        #expect(resolved.values.isEmpty)
        #expect(resolved.missing.count == 2)
        #expect(resolved.missing[0].contains("first.path") && resolved.missing[1].contains("never.path"))
    }
}

@Suite("standard attributes")
struct StandardAttributesTests {
    @Test("no output can have their names, nor one that a query reads as a word")
    func reserved() throws {
        #expect(Output.isReserved("memory") && Output.isReserved("STATE") && Output.isReserved("True"))
        #expect(!Output.isReserved("memory_kib"))
        for word in Output.queryWords {
            #expect(try !Query(parsing: "\(word) == 5").matches(Attributes([word: .integer(5)])))
        }
        #expect(try Query(parsing: "and == 5").matches(Attributes(["and": .integer(5)])))
    }

    @Test("outputs with such names are found, also in recovery graphs")
    func reservedOutputs() throws {
        let inner = Action(id: "inner", operation: .script("i"), outputs: [Output(name: "Address")])
        let outer = Action(
            id: "outer",
            operation: .script("o"),
            onError: ErrorPolicy(then: .recover(try Graph(chain: [inner]))),
            outputs: [Output(name: "plant"), Output(name: "fine")]
        )
        let problems = StandardAttributes.reservedOutputs(of: try Graph(chain: [outer]))
        #expect(problems.count == 2)
        #expect(problems[0].contains("`plant`") && problems[1].contains("`Address`"))
    }

    @Test("a machine is advertised with its outputs, but never with another state, plant or address than its own")
    func advertised() {
        var machine = Machine(
            id: .new(),
            name: "m",
            state: .ready,
            plant: "p1",
            domain: "d",
            address: "10.90.0.2",
            requestDigest: "",
            created: .now,
            attributes: Attributes(["Memory": .integer(64)])
        )
        var done = ActionReport(Action(id: "done", operation: .script("1")), status: .done)
        done.outputs = Attributes(["depth": .real(2.5), "STATE": .string("owned"), "memory": .integer(1 << 40)])
        var failed = ActionReport(Action(id: "failed", operation: .script("2")), status: .failed)
        failed.outputs = Attributes(["ghost": .boolean(true)])
        machine.actions = [done, failed]
        let attributes = machine.advertised.attributes
        #expect(attributes["Depth"] == .real(2.5) && attributes["Memory"] == .integer(64))
        #expect(attributes["State"] == .string("ready") && attributes["Plant"] == .string("p1"))
        #expect(attributes["Address"] == .string("10.90.0.2") && attributes["ghost"] == nil)
    }
}
