import FoundationEssentials
import ShopAPI
import Testing

@Suite("The catalogue of errors")
struct ErrorCatalogueTests {
    @Test("stands in docs/errors.md as the code has it")
    func documented() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/errors.md"), encoding: .utf8)
        let codes = Set(ErrorCode.allCases.map(\.rawValue))
        var rows: [String: (Int, Int32)] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.filter { $0 != "`" && $0 != " " } }
            guard cells.count == 4, let status = Int(cells[1]), let exit = Int32(cells[2]) else { continue }
            rows[cells[0]] = (status, exit)
        }
        #expect(Set(rows.keys) == codes)
        for code in ErrorCode.allCases {
            #expect(rows[code.rawValue]?.0 == code.httpStatus, "\(code.rawValue)")
            #expect(rows[code.rawValue]?.1 == code.exitCode, "\(code.rawValue)")
        }
    }
}
