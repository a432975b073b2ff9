import LibXML
import SeededRandom
import Testing

@Suite("Hostile documents")
struct HostileTests {
    @Test(
        "document types are refused, with all that could hang on them",
        arguments: [
            "<!DOCTYPE a><a/>",
            "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
            "<?xml version='1.0'?>\n<!-- c -->\n<!DOCTYPE a SYSTEM 'file:///etc/hostname'><a/>",
            "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><a>&x;</a>",
            "<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/'> %p;]><a/>",
            """
            <!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
            <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]><l>&d;</l>
            """,
            "<a><!DOCTYPE b><b/></a>",
        ]
    )
    func documentType(_ document: String) {
        let found = refusal(of: document)
        #expect(found.map(\.code) == ["xml.doctype"])
        #expect(found.first?.expected != nil)
    }

    @Test("an entity that nobody declared is an error, not an empty text")
    func undeclaredEntity() {
        let found = refusal(of: "<a>\n  <b>&nbsp;</b></a>")
        #expect(found.map(\.code) == ["xml.malformed"])
        #expect(found.first?.position.line == 2)
        #expect(found.first?.path == "/a/b")
    }

    @Test("a hundred thousand attributes are refused after the first few")
    func manyAttributes() {
        let attributes = (0..<100_000).map { "a\($0)='1'" }.joined(separator: " ")
        let found = refusal(of: "<r><x \(attributes)/></r>", limits: XMLLimits(bytes: 1 << 24))
        #expect(found.map(\.code) == ["xml.too-many-attributes"])
        #expect(found.first?.path == "/r/x")
        #expect(found.first?.position == XMLPosition(line: 1, column: 4))
    }

    @Test("a tag that never ends is refused after the limit")
    func longTag() {
        let long = String(repeating: "x", count: 1 << 19)
        #expect(refusal(of: "<a k='\(long)'/>").map(\.code) == ["xml.tag-too-long"])
        #expect(refusal(of: "<\(long)/>").map(\.code) == ["xml.tag-too-long"])
        #expect(refusal(of: "<a></a \(long)>").map(\.code) == ["xml.tag-too-long"])
    }

    @Test("namespace declarations in scope are bounded, not those in sequence")
    func namespaces() throws {
        let nested = (0..<20).map { "<e xmlns:a\($0)='u' xmlns:b\($0)='u' xmlns:c\($0)='u' xmlns:d\($0) = 'u'>" }
            .joined()
        #expect(refusal(of: nested + String(repeating: "</e>", count: 20)).map(\.code) == ["xml.too-many-attributes"])
        let flat = (0..<200).map { "<e xmlns:a\($0)='u'></e><e xmlns='v'/>" }.joined()
        #expect(try parse("<r>\(flat)</r>").children.count == 400)
    }

    @Test("depth is bounded, whatever is asked for", arguments: [32, 256, 100_000])
    func depth(_ limit: Int) throws {
        let limits = XMLLimits(depth: limit)
        let deepest = min(limit, XMLLimits.deepest)
        let fits = String(repeating: "<a>", count: deepest) + String(repeating: "</a>", count: deepest)
        #expect(try parse(fits, limits: limits).name == "a")
        let tooDeep = String(repeating: "<a>", count: 100_000)
        let found = refusal(of: tooDeep, limits: limits)
        #expect(found.map(\.code) == ["xml.too-deep"])
    }

    @Test("limits cannot be set beyond what is safe")
    func limits() {
        var limits = XMLLimits(bytes: .max, depth: .max, diagnostics: 0)
        #expect(limits == XMLLimits(bytes: Int(Int32.max), depth: XMLLimits.deepest, diagnostics: 1))
        limits.bytes = .max
        limits.depth = .max
        limits.diagnostics = -1
        #expect(limits == XMLLimits(bytes: Int(Int32.max), depth: XMLLimits.deepest, diagnostics: 1))
    }

    @Test("elements are counted")
    func elements() throws {
        let limits = XMLLimits(elements: 10)
        #expect(try parse("<a>" + String(repeating: "<b/>", count: 9) + "</a>", limits: limits).children.count == 9)
        let found = refusal(of: "<a>" + String(repeating: "<b/>", count: 10) + "</a>", limits: limits)
        #expect(found.map(\.code) == ["xml.too-many-elements"])
    }

    @Test("a document that is too large is not even looked at")
    func tooLarge() {
        #expect(refusal(of: [UInt8](repeating: 0x3C, count: 100_000_000)).map(\.code) == ["xml.too-large"])
    }

    @Test(
        "encodings other than UTF-8 are refused by name",
        arguments: [
            [0xFE, 0xFF, 0x00, 0x3C, 0x00, 0x61],
            [0xFF, 0xFE, 0x3C, 0x00, 0x61, 0x00],
            [0x3C, 0x00, 0x61, 0x00],
            [0x00, 0x00, 0xFE, 0xFF],
            Array("<?xml version='1.0' encoding='ISO-8859-1'?><a/>".utf8),
            Array("<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>".utf8),
            Array("<?xml version='1.0' encoding='UTF-7'?><a>+ADw-</a>".utf8),
            Array("<?xml version='1.0' encoding='US-ASCII'?><a>é</a>".utf8),
            Array("<a>".utf8) + [0xE9] + Array("</a>".utf8),
            Array("<a>".utf8) + [0xC0, 0xBC] + Array("</a>".utf8),
            Array("<a>".utf8) + [0xED, 0xA0, 0x80] + Array("</a>".utf8),
        ] as [[UInt8]]
    )
    func encodings(_ bytes: [UInt8]) {
        let found = refusal(of: bytes)
        #expect(found.map(\.code) == ["xml.encoding"])
        #expect(found.first?.expected?.contains("UTF-8") == true)
    }

    @Test("bytes that are no UTF-8 are pointed at")
    func invalidByte() {
        let found = refusal(of: Array("<a>\n  é".utf8) + [0xFF] + Array("</a>".utf8))
        #expect(found.first?.position == XMLPosition(line: 2, column: 4))
    }

    @Test(
        "control characters are refused wherever they are",
        arguments: ["<a>\u{0}</a>", "<a k='\u{1}'/>", "<a\u{0}/>", "<!--\u{8}--><a/>", "\u{0}<a/>", "<a/>\u{C}"]
    )
    func controlCharacters(_ document: String) {
        let found = refusal(of: document)
        #expect(found.first?.code == "xml.character" || found.first?.code == "xml.encoding")
    }

    @Test(
        "what is not well-formed is refused with a place",
        arguments: [
            "", " ", "text", "<", "<a", "<a>", "</a>", "<a></b>", "<a/><b/>", "<a b/>", "<a b=c/>", "<a b='1' b='2'/>",
            "<a b='<'/>", "<a>&</a>", "<a>&#0;</a>", "<a>&#xFFFE;</a>", "<a>]]></a>", "<!-- -- --><a/>", "<a><![CDATA[",
            "<a><!--", "<a><?x", "<1/>", "<a:b/>", "<a xmlns:x=''/>", "<!ELEMENT a><a/>", "<a/>x", "<![CDATA[x]]><a/>",
            "<a/><?xml version='1.0'?>", " <?xml version='1.0'?><a/>", "<a><b></a></b>", "<a b='1'c='2'/>", "<a/ >",
            "<?xml?><a/>",
        ]
    )
    func malformed(_ document: String) {
        let found = refusal(of: document)
        #expect(found.first?.code == "xml.malformed")
        #expect(found.first.map { $0.position.line >= 1 && $0.position.column >= 1 && !$0.message.isEmpty } == true)
    }

    @Test(
        "what people stumble over is pointed at, in words that help",
        arguments: [
            ("<a>\n<s>cat < b</s></a>", 2, 8, "/a/s", "begins no tag", "CDATA"),
            ("<a>\n<s>[ 1 <$b ]</s></a>", 2, 8, "/a/s", "begins no tag", "&lt;"),
            ("<a>\n<s>a <b c </s></a>", 2, 6, "/a/s", "does not end", "CDATA"),
            ("<a>\n<s k='<'/></a>", 2, 7, "/a/s", "value of an attribute", "&lt;"),
            ("<a>\n<s>a && b</s></a>", 2, 6, "/a/s", "begins no reference", "&amp;"),
            ("<a>\n<s>x?a=1&b=2</s></a>", 2, 9, "/a/s", "begins no reference", "&amp;"),
            ("<a>\n<s>a&nbsp;b</s></a>", 2, 5, "/a/s", "no entity 'nbsp'", "&#160;"),
            ("<a>\n<s>cat <f> b</s></a>", 2, 13, "/a/s/f", "which begins at 2:8", "</f>"),
            ("<a>\n<s></t></a>", 2, 4, "/a/s", "'t' inside 's'", "</s>"),
        ]
    )
    func stumbles(_ document: String, line: Int, column: Int, path: String, words: String, expected: String) throws {
        let found = refusal(of: document)
        let first = try #require(found.first)
        #expect(found.count == 1 && first.code == "xml.malformed")
        #expect(first.position == XMLPosition(line: line, column: column))
        #expect(first.path == path)
        #expect(first.message.contains(words) && first.expected?.contains(expected) == true, "\(first)")
    }

    @Test("a document cut off at any byte is refused")
    func truncation() throws {
        let document = Array(
            "<?xml version=\"1.0\"?>\n<!-- c --><a x='1' é='>'><b>&lt;é</b><![CDATA[]>]]><?p?><c xmlns='urn:c'/></a>"
                .utf8
        )
        #expect(try XMLParser().parse(document).children.count == 2)
        for length in 0..<document.count {
            let found = refusal(of: Array(document[..<length]))
            #expect(!found.isEmpty, "\(length) bytes")
        }
    }

    @Test("no bytes whatever make it crash or hang", arguments: 0..<20)
    func mutations(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let document = Array(
            "<?xml version='1.0'?><a x='1'><!--c--><b>t&amp;</b><![CDATA[x]]><?p i?><c xmlns:q='u' q:k='v'/></a>".utf8
        )
        let alphabet = Array("<>/!?='\"&;-[]x: \u{FEFF}".utf8) + [0, 0xFF]
        for _ in 0..<200 {
            var bytes = document
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                let byte = alphabet.randomElement(using: &generator) ?? 0
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = byte
                case 1: bytes.insert(byte, at: place)
                default: bytes.remove(at: place)
                }
            }
            // What is accepted must be representable: it can be written and read back.
            guard let root = try? XMLParser().parse(bytes) else { continue }
            let again = (try? root.serialized(indent: 0)).flatMap { try? parse($0) }
            #expect(again.map { withoutPositions($0) } == withoutPositions(root))
        }
    }
}

/// The same tree, as if it had been parsed from nowhere.
func withoutPositions(_ element: XMLElement) -> XMLElement {
    var copy = element
    copy.position = .start
    copy.children = element.children.map(withoutPositions)
    return copy
}
