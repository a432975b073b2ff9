import ClassAds
import FoundationEssentials
import Testing

@Suite("Attributes")
struct AttributesTests {
    @Test("ignore the case of names and keep the first spelling")
    func names() {
        var attributes = Attributes(["OpSys": .string("linux")])
        attributes["opsys"] = .string("debian")
        #expect(attributes["OPSYS"] == .string("debian"))
        #expect(attributes.sorted.map(\.name) == ["OpSys"])
        attributes["OpSys"] = nil
        #expect(attributes.count == 0)
    }

    @Test("survive the wire with their types")
    func wire() throws {
        let attributes = Attributes([
            "a": .integer(1), "b": .real(1.5), "c": .boolean(true), "d": .string("1"), "e": .string(""),
        ])
        let decoded = try JSONDecoder().decode(Attributes.self, from: JSONEncoder().encode(attributes))
        #expect(decoded == attributes)
    }

    @Test(
        "are read from text only when it is of the type",
        arguments: [
            ("42", "integer", AttributeValue.integer(42)), ("4.5", "real", .real(4.5)),
            ("yes", "boolean", .boolean(true)),
            ("x", "string", .string("x")), ("4.5", "integer", nil), ("nan", "real", nil), ("maybe", "boolean", nil),
            ("x", "colour", nil),
        ]
    )
    func reading(text: String, type: String, expected: AttributeValue?) {
        #expect(AttributeValue(text, typeName: type) == expected)
    }
}
