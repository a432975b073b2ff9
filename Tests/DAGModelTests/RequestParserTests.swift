import DAGModel
import LibXML
import Testing

@Suite("Requests that are accepted")
struct RequestParserTests {
    @Test("a full document is read as it is meant")
    func full() throws {
        let request = try parse(fullDocument)
        #expect(request.name == "grid-workspace")
        #expect(request.client == Client(domain: "physics.example.org", user: "alice"))
        #expect(request.lease == Lease(duration: .seconds(7200)))
        #expect(request.start.image == "small")
        #expect(request.start.hardware.memory?.bytes == 268_435_456)
        #expect(request.start.hardware.disk?.bytes == 1_000_000_000)
        #expect(request.start.hardware.cpus == 1)
        #expect(request.start.hardware.architecture == "x86_64")
        #expect(request.start.hardware.operatingSystem == "linux")
        #expect(request.graph.actions.map(\.id) == ["storage", "user", "tool", "lone"])
        #expect(request.graph.edges.map(\.description) == ["storage → user", "user → tool", "storage → tool"])
    }

    @Test("actions have what their elements say")
    func actions() throws {
        let graph = try parse(fullDocument).graph
        let storage = try #require(graph["storage"])
        #expect(storage.site == .host)
        #expect(storage.operation == .named("attach-disk"))
        #expect(storage.timeout == .seconds(300))
        #expect(storage.outputs == [Output(name: "serial")])
        let user = try #require(graph["user"])
        #expect(user.parameters[1] == Parameter(name: "PASSWORD", value: .literal("hush & quiet"), secret: true))
        #expect(user.parameters[2].value == .attribute(action: "storage", name: "serial"))
        #expect(
            user.onError
                == ErrorPolicy(retry: Retry(times: 3, delay: .milliseconds(500), backoff: 1.5), then: .continue)
        )
        let tool = try #require(graph["tool"])
        #expect(tool.operation == .script("#!/bin/sh\nif [ 1 < 2 ]; then echo \"]]\"; fi\n"))
        #expect(tool.instance == "2")
        #expect(tool.timeout == .seconds(60))
        guard case .recover(let recovery) = tool.onError.then else {
            Issue.record("no recovery")
            return
        }
        #expect(recovery.order().map(\.id) == ["clean", "report"])
    }

    @Test("the least document is a bare clone")
    func least() throws {
        let request = try parse(document(""))
        #expect(request.graph == Graph())
        #expect(request.graph.order().isEmpty)
        #expect(request.lease == nil)
        #expect(try parse(document("<actions/><edges><edge from='start' to='finish'/></edges>")) == request)
    }

    @Test("without edges actions form a chain, with empty edges they are independent")
    func chain() throws {
        let actions = ["c", "a", "b"].map { script($0) }
        let chain = try parse(document(actions: actions)).graph
        #expect(chain.edges == [Edge(from: "c", to: "a"), Edge(from: "a", to: "b")])
        #expect(try parse(document(actions: actions, edges: "")).graph.edges.isEmpty)
    }

    @Test("the canonical form of a large document is within the limits, too")
    func largeCanonicalForm() throws {
        let request = try parse(document(actions: (0..<9_000).map { script("a\($0)") }))
        let canonical = request.canonicalXML
        #expect(!canonical.contains("<edge"))
        #expect(try parse(canonical) == request)
    }

    @Test("what is said by default is not in the canonical form; what is not the default is")
    func defaults() throws {
        let said = """
            <request xmlns="urn:vmshop:request:1"><client domain="d"/><start><image name="small"/></start><actions>
            <action id="a" run="guest" timeout="60s"><script>a</script><output name="o" type="string" required="yes"/></action>
            <action id="b"><script>b</script></action></actions><edges><edge from="a" to="b"/></edges></request>
            """
        let silent = said.replacing(" run=\"guest\" timeout=\"60s\"", with: "").replacing(" type=\"string\"", with: "")
            .replacing("<edges><edge from=\"a\" to=\"b\"/></edges>", with: "").replacing(" required=\"yes\"", with: "")
        #expect(try parse(said).canonicalXML == parse(silent).canonicalXML)
        #expect(try parse(said).digest == parse(silent).digest)
        let free = said.replacing("<edge from=\"a\" to=\"b\"/>", with: "")
        #expect(try parse(free).digest != parse(said).digest)
    }

    @Test("children may stand in any order")
    func anyOrder() throws {
        let turned = """
            <request xmlns="urn:vmshop:request:1"><edges/><actions>
            <action id="a"><on-error><abort/><retry times="1"/></on-error><script>x</script><output name="o"/>
            <parameter name="P">1</parameter></action>
            </actions><start><hardware><disk>1GiB</disk><memory>1GiB</memory></hardware></start>
            <client domain="d"/></request>
            """
        let action = try #require(try parse(turned).graph["a"])
        #expect(action.onError.retry == Retry(times: 1, delay: .seconds(1), backoff: 1))
        #expect(action.parameters.count == 1)
        #expect(action.outputs.count == 1)
    }

    @Test(
        "the way a document is written changes nothing",
        arguments: [
            "\u{FEFF}" + fullDocument,
            fullDocument.replacing("\n", with: "\r\n"),
            fullDocument.replacing("<client", with: "<!-- who --><?pi > ?><client"),
            fullDocument.replacing("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", with: ""),
            fullDocument.replacing("\"alice\"", with: "'alice'").replacing(
                "id=\"user\" operation=\"user\"",
                with: "operation='user' id='user'"
            ),
            fullDocument.replacing(">alice<", with: "><![CDATA[al]]>ice<"),
            fullDocument.replacing("<lease duration=\"2h\"/>", with: "<lease duration='120m'></lease>"),
            fullDocument.replacing("xmlns=\"urn", with: "xmlns:v=\"urn").replacing("</", with: "</v:")
                .replacing("<request", with: "<v:request").replacing(
                    "<(client|lease|start|image|hard|mem|cpu|disk|act|par|out|on-|ret|cont|scr|rec|edge)",
                    in: "<v:"
                ),
            fullDocument.replacing(
                "name=\"grid-workspace\"",
                with:
                    "name='grid-workspace' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
                    + "xsi:schemaLocation='urn:vmshop:request:1 vmshop-request.xsd'"
            ),
        ]
    )
    func sameMeaning(_ text: String) throws {
        let request = try parse(text)
        let original = try parse(fullDocument)
        #expect(request == original)
        #expect(request.canonicalXML == original.canonicalXML)
        #expect(request.digest == original.digest)
    }

    @Test("attribute values may hold what looks like markup")
    func lookalikes() throws {
        let request = try parse(document("", client: "<client domain='d' user='a > b /> &lt;c'/>"))
        #expect(request.client.user == "a > b /> <c")
    }

    @Test("a request survives being stored")
    func stored() throws {
        let request = try parse(fullDocument)
        #expect(try roundTrip(request) == request)
    }
}

extension String {
    /// Replaces the `<` in front of the names that a small pattern lists.
    fileprivate func replacing(_ pattern: String, in replacement: String) -> String {
        let names = pattern.dropFirst(2).dropLast().split(separator: "|")
        return names.reduce(self) { $0.replacing("<" + $1, with: replacement + $1) }
    }
}
