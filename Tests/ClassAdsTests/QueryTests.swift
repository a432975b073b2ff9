import ClassAds
import Testing

@Suite("Queries")
struct QueryTests {
    let machine = Attributes([
        "Memory": .integer(512), "Owner": .string("Alice"), "Load": .real(0.5), "Public": .boolean(true),
    ])

    @Test(
        "are true where their comparisons hold",
        arguments: [
            ("Memory == 512", true), ("memory >= 512.0", true), ("Memory < 512", false), ("512 <= Memory", true),
            (#"Owner == "alice""#, true), (#"Owner != "bob""#, true), (#"Owner < "b""#, true),
            ("Load > 0 && Memory > 100", true), ("Load > 1 || Memory > 100", true), ("Load > 1 && Memory > 100", false),
            ("Public", true), ("!Public", false), ("Public == false", false), ("!(Memory == 1)", true),
            ("Memory == 1 || Memory == 512 && Load == 0.5", true), ("Memory == -5", false), ("Load == 5e-1", true),
        ]
    )
    func comparisons(text: String, expected: Bool) throws {
        #expect(try Query(parsing: text).matches(machine) == expected)
    }

    @Test("name the attributes that they speak of, each once")
    func names() throws {
        let query = try Query(parsing: #"(Rack == "b12" || !Ssd) && 3 < rack && Price < Limit"#)
        #expect(query.names == ["Rack", "Ssd", "Price", "Limit"])
    }

    @Test("tell large integers apart that are one number with a fraction")
    func largeIntegers() throws {
        let large = Attributes(["Size": .integer(9_007_199_254_740_993)])
        #expect(try Query(parsing: "Size == 9007199254740993").matches(large))
        #expect(try !Query(parsing: "Size == 9007199254740992").matches(large))
        #expect(try Query(parsing: "Size > 9007199254740992").matches(large))
    }

    @Test(
        "leave undefined what cannot be compared, and match nothing by it",
        arguments: [
            ("Missing == 1", false), ("!(Missing == 1)", false), ("Missing == 1 || Memory == 512", true),
            ("Missing == 1 && Memory == 512", false), ("!(Missing == 1 && Memory == 1)", true),
            (#"Memory == "512""#, false), (#"Memory != "512""#, false), ("Public < true", false),
        ]
    )
    func undefined(text: String, expected: Bool) throws {
        #expect(try Query(parsing: text).matches(machine) == expected)
    }

    @Test(
        "that cannot be read say where and why",
        arguments: [
            ("", 1), ("Memory ==", 10), ("Memory == 5 5", 13), (#"Owner == "x"#, 10), ("(Memory == 1", 13),
            ("Memory # 5", 8), ("== 5", 1), ("5", 2), ("Memory == 1 &&", 15), ("Memory == 1-2", 11),
        ]
    )
    func mistakes(text: String, column: Int) {
        let error = #expect(throws: QueryError.self) { try Query(parsing: text) }
        #expect(error?.column == column, "\(text): \(error?.description ?? "")")
    }

    @Test("are bounded in depth and length, however they are nested")
    func bounds() {
        let deep = String(repeating: "(", count: 100_000) + "A==1"
        #expect(throws: QueryError.self) { try Query(parsing: deep) }
        #expect(throws: QueryError.self) { try Query(parsing: String(repeating: "!", count: 4000) + "A") }
        #expect(throws: Never.self) {
            try Query(parsing: String(repeating: "(", count: 60) + "A==1" + String(repeating: ")", count: 60))
        }
    }

    @Test("escape quotation marks and backslashes in strings")
    func escapes() throws {
        let attributes = Attributes(["Path": .string(#"C:\a "b""#)])
        #expect(try Query(parsing: #"Path == "C:\\a \"b\"""#).matches(attributes))
    }
}
