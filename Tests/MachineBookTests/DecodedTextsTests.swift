import ShopAPI
import Synchronization
import Testing

@testable import MachineBook

@Suite("what texts of rows say, remembered", .serialized)
struct DecodedTextsTests {
    private let id = MachineID.new()

    @Test("a text is decoded once; another text in the same row is another value")
    func texts() throws {
        let texts = DecodedTexts<Counted>()
        let before = Counted.decodings.value
        #expect(try texts.value(of: "1", in: id).number == 1)
        #expect(try texts.value(of: "1", in: id).number == 1)
        #expect(Counted.decodings.value == before + 1)
        #expect(try texts.value(of: "2", in: id).number == 2)
        #expect(try texts.value(of: "1", in: id).number == 1)
        #expect(Counted.decodings.value == before + 3)
    }

    @Test("what was written need not be decoded")
    func written() throws {
        let texts = DecodedTexts<Counted>()
        let before = Counted.decodings.value
        let text = try texts.text(of: Counted(number: 7), in: id)
        #expect(try texts.value(of: text, in: id).number == 7)
        #expect(Counted.decodings.value == before)
    }

    @Test("of many machines only so many are remembered, those that were asked for last")
    func many() throws {
        let texts = DecodedTexts<Counted>(most: 10)
        let ids = (0..<35).map { _ in MachineID.new() }
        for id in ids { _ = try texts.value(of: "3", in: id) }
        let before = Counted.decodings.value
        for id in ids { _ = try texts.value(of: "3", in: id) }
        #expect(Counted.decodings.value > before + 10)
        let again = Counted.decodings.value
        _ = try texts.value(of: "3", in: ids[34])
        #expect(Counted.decodings.value == again)
    }
}

/// A number that counts how often one was decoded.
private struct Counted: Codable, Sendable {
    final class Count: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func add() { count.withLock { $0 += 1 } }
    }

    static let decodings = Count()
    var number: Int

    init(number: Int) { self.number = number }

    init(from decoder: any Decoder) throws {
        number = try decoder.singleValueContainer().decode(Int.self)
        Self.decodings.add()
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}
