import LibXML
import Testing

@Suite("Well-formed documents")
struct ParsingTests {
    @Test("elements, attributes and text come out as they are")
    func tree() throws {
        let root = try parse("<a x='1' y=\"&lt;2>\"><b>one</b><c/><b> two </b></a>")
        #expect(root.name == "a")
        #expect(root["x"] == "1")
        #expect(root["y"] == "<2>")
        #expect(root["z"] == nil)
        #expect(root.attributes.map(\.name) == ["x", "y"])
        #expect(root.children.map(\.name) == ["b", "c", "b"])
        #expect(root.children(named: "b").map(\.text) == ["one", " two "])
        #expect(root.first(named: "c")?.text.isEmpty == true)
    }

    @Test(
        "whatever XML allows around an element is accepted",
        arguments: [
            "<a>t</a>",
            "\u{FEFF}<a>t</a>",
            "<?xml version=\"1.0\"?>\n<a>t</a>\n",
            "<?xml version='1.0' encoding='utf-8' standalone='yes'?><a>t</a>",
            "<?xml version=\"1.0\" encoding = \"UTF-8\"?>\r\n<a>t</a>\r\n",
            "<?xml version=\"1.0\" encoding=\"US-ASCII\"?><a>t</a>",
            "<?xml-stylesheet href='x'?><!-- <b> - & --><a>t</a><!-- after --><?pi > ?>",
            "<a><![CDATA[t]]></a>",
            "<a><!--x-->t<!-- > < & --></a>",
            "<a><?p <b> ?>t</a>",
            "<a ><![CDATA[]]>t</a >",
            "<a\n\tk = 'v>\"' \r\n>t</a\n>",
            "<a>&#116;</a>",
            "<a>&#x74;</a>",
        ]
    )
    func tolerated(_ document: String) throws {
        let root = try parse(document)
        #expect(root.name == "a")
        #expect(root.text == "t")
        #expect(root.children.isEmpty)
    }

    @Test("text in several pieces is one text")
    func joined() throws {
        let root = try parse("<a>x<!-- -->y<?p?><![CDATA[<z>]]>&amp;]]&gt;</a>")
        #expect(root.text == "xy<z>&]]>")
    }

    @Test("white space in text is kept, between elements it is not")
    func whiteSpace() throws {
        let root = try parse("<a>\n  <b>\n x \n</b>\n  <c> </c></a>")
        #expect(root.text.isEmpty)
        #expect(root.first(named: "b")?.text == "\n x \n")
        #expect(root.first(named: "c")?.text == " ")
    }

    @Test("line ends become line feeds, character references stay what they are")
    func lineEnds() throws {
        let root = try parse("<a k='1&#13;&#10;&#9;2 3\r\n4'>1\r\n2\r3&#13;\n4</a>")
        #expect(root.text == "1\n2\n3\r\n4")
        #expect(root["k"] == "1\r\n\t2 3 4")
    }

    @Test("namespaces are resolved, declarations are no attributes")
    func namespaces() throws {
        let root = try parse("<p:a xmlns:p='urn:p' xmlns='urn:d' p:k='1' xml:lang='en' j='2'><b/><b xmlns=''/></p:a>")
        #expect(root.name == "a")
        #expect(root.namespace == "urn:p")
        #expect(root.children.map(\.namespace) == ["urn:d", nil])
        #expect(root.attributes.map(\.name) == ["p:k", "xml:lang", "j"])
        #expect(root.attributes.map(\.namespace) == ["urn:p", "http://www.w3.org/XML/1998/namespace", nil])
    }

    @Test("positions are lines and columns of start tags, in characters")
    func positions() throws {
        let root = try parse("<?xml version='1.0'?>\r\n<!-- \n --> <a>é<b/>\n\t<c\n/><c>x</c></a>")
        #expect(root.position == XMLPosition(line: 3, column: 6))
        #expect(root.children.map(\.position.line) == [3, 4, 5])
        #expect(root.children.map(\.position.column) == [10, 2, 3])
    }

    @Test("positions do not stop at libxml2's 65 535 lines")
    func manyLines() throws {
        let root = try parse("<a>" + String(repeating: "\n", count: 70_000) + "<b/></a>")
        #expect(root.children.first?.position == XMLPosition(line: 70_001, column: 1))
    }

    @Test("an attribute can be set, replaced and removed")
    func subscripts() {
        var element = XMLElement("a")
        element["k"] = "1"
        element["j"] = "2"
        element["k"] = "3"
        #expect(element.attributes == [.init(name: "k", value: "3"), .init(name: "j", value: "2")])
        element["k"] = nil
        element["x"] = nil
        #expect(element.attributes == [.init(name: "j", value: "2")])
    }

    @Test("many threads may parse at once")
    func concurrency() async throws {
        let schema = try XMLSchema(compiling: librarySchema)
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<100 {
                group.addTask {
                    let text = "<library xmlns='urn:lib'><book id='b\(number)' pages='\(number + 1)'/></library>"
                    return (try? parse(text, schema: schema))?.children.first?["id"] == "b\(number)"
                }
            }
            for await right in group { #expect(right) }
        }
    }
}
