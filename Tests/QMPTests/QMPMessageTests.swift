import Testing

@testable import QMP

@Suite("Messages of QEMU's monitor")
struct QMPMessageTests {
    @Test("lines are found however they arrive in pieces")
    func lines() throws {
        var lines = QMPLines()
        #expect(try lines.append(Array("{\"a\":1}\r\n{\"b\"".utf8)).map(text) == ["{\"a\":1}\r"])
        #expect(try lines.append(Array(":2}".utf8)).isEmpty)
        #expect(try lines.append(Array("\n\n{}\n".utf8)).map(text) == ["{\"b\":2}", "{}"])
    }

    @Test("a line that does not end is given up, not kept")
    func endless() throws {
        var lines = QMPLines()
        let piece = [UInt8](repeating: 0x61, count: QMPLines.limit)
        _ = try lines.append(piece)
        #expect(throws: QMPError.self) { _ = try lines.append([0x61]) }
    }

    @Test("greeting, answer, refusal and event are told apart")
    func forms() throws {
        #expect(try QMPMessage(line: Array(#"{"QMP": {"version": {}, "capabilities": []}}"#.utf8)) == .greeting)
        #expect(
            try QMPMessage(line: Array(#"{"return": {"running": true}, "id": 7}"#.utf8))
                == .answer(id: 7, .success(["running": true]))
        )
        #expect(
            try QMPMessage(line: Array(#"{"id": 8, "error": {"class": "GenericError", "desc": "no\nsuch"}}"#.utf8))
                == .answer(id: 8, .failure(QMPError(.refused, "no such")))
        )
        #expect(
            try QMPMessage(line: Array(#"{"event": "STOP", "timestamp": {"seconds": 1}}"#.utf8))
                == .event(QMPEvent("STOP"))
        )
    }

    @Test(
        "what QEMU never sends is refused",
        arguments: ["", "x", "[]", "1", "{}", "null", #"{"id": 1}"#, #"{"event": 3}"#, "\u{FEFF}{}", "{\"return\": "]
    )
    func garbled(line: String) {
        let error = #expect(throws: QMPError.self) { _ = try QMPMessage(line: Array(line.utf8)) }
        #expect(error?.code == .garbled)
    }

    @Test("a document nested without end does not end the process")
    func nested() {
        let line = [UInt8](repeating: UInt8(ascii: "["), count: 500_000)
        #expect(throws: QMPError.self) { _ = try QMPMessage(line: line) }
    }

    private func text(_ line: [UInt8]) -> String { String(decoding: line, as: UTF8.self) }
}
