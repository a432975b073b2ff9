import LibXML
import Testing

/// A small schema of books.
let librarySchema = """
    <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:lib" targetNamespace="urn:lib"
               elementFormDefault="qualified">
      <xs:element name="library" type="library"/>
      <xs:complexType name="library">
        <xs:sequence><xs:element name="book" type="book" maxOccurs="unbounded"/></xs:sequence>
      </xs:complexType>
      <xs:complexType name="book">
        <xs:attribute name="id" type="isbn" use="required"/>
        <xs:attribute name="pages" type="xs:positiveInteger"/>
      </xs:complexType>
      <xs:simpleType name="isbn">
        <xs:annotation><xs:documentation>a 'b' and
          digits</xs:documentation></xs:annotation>
        <xs:restriction base="xs:string"><xs:pattern value="b[0-9]+"/></xs:restriction>
      </xs:simpleType>
    </xs:schema>
    """

@Suite("Schemas")
struct SchemaTests {
    let schema: XMLSchema

    init() throws {
        self.schema = try XMLSchema(compiling: librarySchema)
    }

    @Test("a valid document passes, wherever it says that its schema is")
    func valid() throws {
        let document = """
            <library xmlns="urn:lib" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
                     xsi:schemaLocation="urn:lib file:///nowhere/library.xsd"><book id="b1" pages="3"/></library>
            """
        #expect(try parse(document, schema: self.schema).children.count == 1)
    }

    @Test("all violations are reported, with place, path and what was expected")
    func violations() {
        let document = """
            <library xmlns="urn:lib">
              <book id="b1"/>
              <book id="x"/>
              <book pages="0" id="b2"/>
              <book/>
              <book id="b3" colour="red"/>
              <film/>
            </library>
            """
        let found = refusal(of: document, schema: self.schema)
        #expect(found.allSatisfy { $0.code == "xml.schema" })
        #expect(
            found.map(\.path) == [
                "/library/book[2]/@id", "/library/book[3]/@pages", "/library/book[4]", "/library/book[5]/@colour",
                "/library/film",
            ]
        )
        #expect(found.map(\.position) == (3...7).map { XMLPosition(line: $0, column: 3) })
        #expect(found.first?.expected == "a 'b' and digits")
        #expect(found[2].message == "The attribute 'id' is required but missing")
        #expect(found[3].expected == "one of the attributes id, pages")
        #expect(found[4].message == "Element 'film': This element is not expected")
        #expect(found[4].expected == "<book>")
        #expect(!found.contains { $0.message.contains("{") || $0.expected == nil })
    }

    @Test("an element that is not expected does not hide what follows beside it")
    func unexpected() {
        let document = """
            <library xmlns="urn:lib">
              <film/><book id="x"/><film><book/></film>
              <book/><play/>
            </library>
            """
        let found = refusal(of: document, schema: self.schema)
        #expect(
            found.map(\.path) == [
                "/library/film[1]", "/library/book[1]/@id", "/library/film[2]", "/library/book[2]", "/library/play",
            ]
        )
    }

    @Test("so many elements that are not expected are an end of the search, not of the program")
    func unexpectedWithoutEnd() {
        let films = String(repeating: "<film/>", count: 5_000)
        let found = refusal(of: "<library xmlns='urn:lib'>\(films)</library>", schema: self.schema)
        #expect(!found.isEmpty && found.count <= 101)
    }

    @Test(
        "a root that the schema does not know is told which one it wants",
        arguments: ["<library/>", "<library xmlns='urn:other'/>", "<film xmlns='urn:lib'/>"]
    )
    func wrongRoot(_ document: String) {
        let found = refusal(of: document, schema: self.schema)
        #expect(found.map(\.code) == ["xml.root"])
        #expect(found.first?.expected == "<library xmlns=\"urn:lib\">")
    }

    @Test("violations are capped, and the rest is counted")
    func cap() {
        let books = String(repeating: "<book/>", count: 500)
        let found = refusal(
            of: "<library xmlns='urn:lib'>\(books)</library>",
            limits: XMLLimits(diagnostics: 10),
            schema: self.schema
        )
        #expect(found.count == 11)
        #expect(found.last?.message == "and 490 more violations of the schema")
    }

    @Test(
        "a schema that is none is refused",
        arguments: ["", "<a/>", "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element/></xs:schema>"]
    )
    func invalidSchema(_ source: String) {
        #expect(throws: XMLError.self) { try XMLSchema(compiling: source) }
    }

    @Test("a violating document can still be looked at")
    func examine() throws {
        let result = try XMLParser(schema: self.schema).examine(
            Array("<library xmlns='urn:lib'><book/></library>".utf8)
        )
        #expect(result.violations.count == 1)
        #expect(result.root.children.count == 1)
    }
}
