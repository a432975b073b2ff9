import ShopAPI
import Testing

@Suite("Ranges of bytes")
struct ByteRangeTests {
    @Test(
        "a header asks for what RFC 9110 says",
        arguments: [
            (nil, ByteRange.whole), ("bytes=0-", .part(0..<10)), ("bytes=3-", .part(3..<10)),
            ("bytes=3-3", .part(3..<4)),
            ("bytes=3-99", .part(3..<10)), ("bytes=-4", .part(6..<10)), ("bytes=-99", .part(0..<10)),
            ("bytes=10-", .unsatisfiable), ("bytes=99-100", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=5-4", .whole), ("bytes=-", .whole), ("bytes=a-b", .whole), ("bytes=0-1,3-4", .whole),
            ("lines=1-2", .whole),
            ("bytes=+1-", .whole), ("bytes= 1-", .whole), ("bytes=9999999999999999999999-", .whole),
        ] as [(String?, ByteRange)]
    )
    func asked(_ header: String?, _ range: ByteRange) {
        #expect(ByteRange(header, of: 10) == range)
    }

    @Test("of an empty file no part can be had")
    func empty() {
        #expect(ByteRange("bytes=0-", of: 0) == .unsatisfiable)
        #expect(ByteRange(nil, of: 0) == .whole)
    }

    @Test(
        "an answer says where it begins",
        arguments: [
            ("bytes 5-9/10", 5), ("bytes 0-0/1", 0), ("bytes 5-10/10", nil), ("bytes 5-4/10", nil), ("bytes */10", nil),
            ("bytes 5-9/*", nil), ("5-9/10", nil), (nil, nil),
        ] as [(String?, Int?)]
    )
    func answered(_ header: String?, _ first: Int?) {
        #expect(ByteRange.content(header)?.first == first)
    }
}
