import FoundationEssentials
import ShopAPI
import Testing

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "are written in UTC with their milliseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_795_240_012_101, "2026-11-21T05:46:52.101Z"),
            (999, "1970-01-01T00:00:00.999Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ]
    )
    func text(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test("survive the wire to the millisecond, whatever it is")
    func wire() throws {
        for milliseconds in Int64(1_795_240_012_000)..<1_795_240_013_000 {
            let time = Timestamp(milliseconds: milliseconds)
            let bytes = try JSONEncoder().encode([time])
            #expect(try JSONDecoder().decode([Timestamp].self, from: bytes) == [time])
        }
    }
}
