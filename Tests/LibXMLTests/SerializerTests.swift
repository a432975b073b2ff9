import LibXML
import Testing

@Suite("Writing")
struct SerializerTests {
    @Test("a tree is written with one element a line")
    func layout() throws {
        let root = XMLElement(
            "a",
            namespace: "urn:a",
            attributes: [.init(name: "k", value: "<\"&'>")],
            children: [
                XMLElement("b", namespace: "urn:a", text: "x"),
                XMLElement("c", namespace: "urn:c", children: [XMLElement("d", namespace: "urn:c")]),
                XMLElement("e"),
            ]
        )
        #expect(
            try root.serialized() == """
                <?xml version="1.0" encoding="UTF-8"?>
                <a xmlns="urn:a" k="&lt;&quot;&amp;'&gt;">
                  <b>x</b>
                  <c xmlns="urn:c">
                    <d/>
                  </c>
                  <e xmlns=""/>
                </a>

                """
        )
    }

    @Test(
        "any text comes back as it was, as content and as attribute",
        arguments: [
            "", " ", "\n", "a\r\nb\rc", "\t x \t", "]]>", "<&>\"'", "é𝄞", "a]]]]>>b", "\u{85}\u{2028}", "\u{FFFD}",
            "\u{FEFF}",
        ]
    )
    func roundTrip(_ text: String) throws {
        let root = XMLElement("a", attributes: [.init(name: "k", value: text)], children: [XMLElement("b", text: text)])
        let again = try parse(try root.serialized())
        #expect(again["k"].map { Array($0.utf8) } == Array(text.utf8))
        #expect(again.children.first.map { Array($0.text.utf8) } == Array(text.utf8))
    }

    @Test("text beside elements gets no white space added")
    func mixed() throws {
        let root = XMLElement("a", children: [XMLElement("b", children: [XMLElement("c")])], text: "t")
        #expect(try root.serialized(indent: 4).hasSuffix("<a>t<b><c/></b></a>\n"))
        #expect(withoutPositions(try parse(try root.serialized())) == root)
    }

    @Test("prefixed attributes keep their namespace")
    func prefixes() throws {
        let root = try parse("<a xmlns:p='urn:p' p:k='1' xml:lang='en'><b p:k='2'/></a>")
        #expect(withoutPositions(try parse(try root.serialized())) == withoutPositions(root))
    }

    @Test("what XML cannot carry is never written", arguments: ["\u{0}", "\u{1}", "\u{1F}", "\u{FFFE}", "\u{FFFF}"])
    func unwritable(_ text: String) {
        #expect(throws: XMLError.self) { try XMLElement("a", text: text).serialized() }
        #expect(throws: XMLError.self) { try XMLElement("a", attributes: [.init(name: "k", value: text)]).serialized() }
    }

    @Test("a name cannot smuggle markup", arguments: ["", "a b", "a>", "1", "a=\"1\"", "<", "a/", "-x", "a\n"])
    func names(_ name: String) {
        #expect(throws: XMLError.self) { try XMLElement(name).serialized() }
        #expect(throws: XMLError.self) { try XMLElement("a", attributes: [.init(name: name, value: "")]).serialized() }
    }
}
