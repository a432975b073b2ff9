import DAGModel
import LibXML
import Testing

@Suite("Rules of requests")
struct RequestRuleTests {
    @Test(
        "each broken rule is reported once, with its code, place and advice",
        arguments: actionRules + operationRules + graphRules
    )
    func broken(_ rule: Rule) throws {
        let found = refusal(of: rule.document)
        #expect(found.map(\.code) == [rule.code.rawValue])
        let first = try #require(found.first)
        #expect(first.line == rule.line)
        #expect(first.column == 1)
        #expect(first.path == rule.path)
        #expect("\(first.message) \(first.expected ?? "")".contains(rule.words), "\(first)")
        #expect(first.expected != nil)
    }

    @Test("every code but the general ones has a rule here")
    func complete() {
        let tested = Set((actionRules + operationRules + graphRules).map(\.code))
        let elsewhere: Set<RequestCode> = [.tooManyActions]
        #expect(Set(RequestCode.allCases).subtracting(tested) == elsewhere)
    }

    @Test("too many actions are counted, those of recoveries too")
    func tooManyActions() throws {
        let text = Array(document(actions: ["a", "b", "c"].map { script($0) }).utf8)
        #expect(try RequestParser(maximumActions: 3).parse(text).graph.actions.count == 3)
        do throws(RequestError) {
            _ = try RequestParser(maximumActions: 2).parse(text)
            Issue.record("accepted")
        } catch {
            #expect(error.diagnostics.map(\.code) == ["request.too-many-actions"])
        }
        #expect(throws: RequestError.self) { try RequestParser(maximumActions: 5).parse(Array(fullDocument.utf8)) }
    }

    @Test("all mistakes are reported at once, schema and sense together, in document order")
    func all() {
        let text = document(
            actions: [
                "<action id='a' operation='user'/>",
                "<action id='b' timeout='soon'><script>1</script></action>",
                "<action id='b'><script>2</script></action>",
                "<action id='c' operation='dance'/>",
            ],
            edges: "a-z c-a a-c"
        )
        let found = refusal(of: text)
        #expect(
            found.map(\.code) == [
                "request.missing-parameter", "xml.schema", "request.duplicate-id", "request.unknown-operation",
                "request.dangling-edge", "request.cycle",
            ]
        )
        #expect(found.map(\.line) == [5, 6, 7, 8, 11, 12])
        #expect(found[1].path == "/request/actions/action[2]/@timeout")
        #expect(found[1].expected?.contains("500ms") == true)
    }

    @Test(
        "a document in another namespace, or in none, is told which one it needs",
        arguments: ["", "xmlns='urn:vmshop:request:2'", "xmlns:v='urn:vmshop:request:1'"]
    )
    func namespace(_ declaration: String) {
        let found = refusal(of: "<request \(declaration)><client domain='d'/></request>")
        #expect(found.map(\.code) == ["xml.root"])
        #expect(found.first?.expected == "<request xmlns=\"urn:vmshop:request:1\">")
    }

    @Test("mistakes are capped, and the rest is counted")
    func cap() {
        let actions = (0..<300).map { "<action id='a\($0)' operation='op\($0)'/>" }
        let found = refusal(of: document(actions: actions))
        #expect(found.count == 101)
        #expect(found.last?.message == "and 200 more mistakes")
    }

    @Test("a recovery may refer to what came before the failed action, not to the failed action or what follows")
    func recoveryReferences() throws {
        func text(_ from: String) -> String {
            document(
                actions: [
                    script("one", "<output name='o'/>"),
                    script(
                        "two",
                        "<output name='o'/><on-error><recover><actions>"
                            + "<action id='r'><parameter name='P' from='\(from).o'/><script>r</script></action>"
                            + "</actions></recover></on-error>"
                    ),
                    script("three", "<output name='o'/>"),
                ]
            )
        }
        #expect(try parse(text("one")).graph.actions.count == 3)
        #expect(refusal(of: text("two")).map(\.code) == ["request.not-ancestor"])
        #expect(refusal(of: text("three")).map(\.code) == ["request.not-ancestor"])
        #expect(refusal(of: text("r")).map(\.code) == ["request.unknown-output", "request.not-ancestor"])
    }

    @Test("a missing child is named without those that may be missing")
    func missingChild() {
        let found = refusal(of: "<request xmlns='urn:vmshop:request:1'><client domain='d'/></request>")
        #expect(found.map(\.expected) == ["<start>"])
    }

    @Test("an element that is not expected does not hide what is wrong beside it")
    func unexpected() {
        let text = document(
            actions: ["<action id='a'><oops/><script>1</script><output/><oops/></action>", "<action/>"]
        )
        let found = refusal(of: text)
        #expect(found.map(\.path).contains("/request/actions/action[1]/oops[1]"))
        #expect(found.map(\.path).contains("/request/actions/action[1]/output"))
        #expect(found.map(\.path).contains("/request/actions/action[1]/oops[2]"))
        #expect(found.map(\.path).contains("/request/actions/action[2]"))
    }

    @Test("a recovery may attach the disk that its action could not attach, under the same serial; nobody else may")
    func recoveredSerial() throws {
        func disk(_ id: String, _ size: String, _ inside: String = "") -> String {
            "<action id='\(id)' operation='attach-disk' run='host'><parameter name='SIZE'>\(size)</parameter>"
                + "<parameter name='SERIAL'>data</parameter>\(inside)</action>"
        }
        func recovery(_ actions: String...) -> String {
            "<on-error><recover><actions>" + actions.joined() + "</actions></recover></on-error>"
        }
        let good = disk("a", "10GiB", recovery(disk("b", "1GiB", recovery(disk("c", "1MiB")))))
        #expect(try parse(document(actions: [good])).graph.actions.count == 1)
        let bad = disk("a", "10GiB", recovery(disk("b", "1GiB"), disk("c", "1MiB")))
        #expect(refusal(of: document(actions: [bad])).map(\.code) == ["request.duplicate-serial"])
        let beside = [disk("a", "1GiB", recovery(script("b"))), disk("c", "2GiB")]
        #expect(refusal(of: document(actions: beside)).map(\.code) == ["request.duplicate-serial"])
    }

    @Test("as many references to as many outputs as a document can hold are checked, one by one")
    func manyReferences() throws {
        let count = 9_900
        let outputs = (0..<count).map { "<output name='o\($0)'/>" }.joined()
        let parameters = (0..<count).map { "<parameter name='P\($0)' from='a.o\(count - 1 - $0)'/>" }.joined()
        let actions = ["<action id='a'><script>1</script>\(outputs)</action>"]
        let text = document(actions: actions + ["<action id='b'><script>2</script>\(parameters)</action>"])
        #expect(try parse(text).graph["b"]?.parameters.count == count)
        let wrong = text.replacing("<output name='o0'/>", with: "")
        #expect(refusal(of: wrong).map(\.code) == ["request.unknown-output"])
    }

    @Test("an operation has a required parameter also when its value comes from another action")
    func referredParameter() throws {
        let text = document(actions: [
            script("a", "<output name='o'/>"),
            "<action id='b' operation='attach-disk' run='host'><parameter name='SIZE' from='a.o'/></action>",
            "<action id='c' operation='hostname'><parameter name='NAME' from='a.o'/></action>",
        ])
        #expect(try parse(text).graph.actions.count == 3)
    }

    @Test("a complaint about a secret does not tell it")
    func secret() {
        let text = document(actions: [
            "<action id='a' operation='attach-disk' run='host'>"
                + "<parameter name='SIZE' secret='yes'>hush-hush</parameter>"
                + "<parameter name='SIZE'>1B</parameter></action>"
        ])
        let found = refusal(of: text)
        #expect(found.map(\.code).sorted() == ["request.bad-parameter", "request.duplicate-name"])
        #expect(!found.description.contains("hush-hush"))
    }
}
