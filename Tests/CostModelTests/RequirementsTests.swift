import ClassAds
import CostModel
import Testing

@Suite("What a request requires of a plant")
struct RequirementsTests {
    private static let plant = Attributes([
        "Rack": .string("b12"), "Ssd": .boolean(true), "Price": .real(1.5), "Memory": .integer(65_536),
    ])

    @Test(
        "is met where the condition is true",
        arguments: [#"rack == "B12""#, "Ssd && Price < 2", "Memory >= 65536", #"Rack == "a1" || Price <= 1.5"#]
    )
    func met(text: String) throws {
        #expect(try Query(parsing: text).lack(of: Self.plant) == nil)
    }

    @Test(
        "is not met where it is false or undefined, and then each attribute in question is told",
        arguments: [
            (#"Rack == "a1""#, #"`Rack == "a1"`: Rack is "b12""#),
            ("Gpu", "`Gpu`: it has no Gpu"),
            ("Price < 1 && Gpu != false", "`Price < 1 && Gpu != false`: Price is 1.5, it has no Gpu"),
        ]
    )
    func lacking(text: String, words: String) throws {
        #expect(try Query(parsing: text).lack(of: Self.plant) == "it does not meet the requirements " + words)
    }
}
