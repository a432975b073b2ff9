import SeededRandom
import ShopAPI
import Testing

@Suite("Machine ids")
struct MachineIDTests {
    @Test("are ULIDs: 26 characters that sort by time")
    func shape() throws {
        var generator = SystemRandomNumberGenerator()
        let early = MachineID(at: Timestamp(milliseconds: 1_000), using: &generator)
        let late = MachineID(at: Timestamp(milliseconds: 2_000), using: &generator)
        #expect(early.text.count == 26)
        #expect(early < late)
        #expect(MachineID(early.text) == early)
    }

    @Test("carry the time as the specification says")
    func golden() {
        struct Zero: RandomNumberGenerator {
            mutating func next() -> UInt64 { 0 }
        }
        var zero = Zero()
        // The example of the specification: 1469918176385 ms is 01ARYZ6S41.
        #expect(
            MachineID(at: Timestamp(milliseconds: 1_469_918_176_385), using: &zero).text == "01ARYZ6S41"
                + String(repeating: "0", count: 16)
        )
    }

    @Test("are read in small letters too", arguments: ["01m7y93b80gvc1t8ma8p00qcpd", "01M7Y93B80GVC1T8MA8P00QCPD"])
    func smallLetters(text: String) throws {
        let id = try #require(MachineID(text))
        #expect(id.text == "01M7Y93B80GVC1T8MA8P00QCPD")
        #expect(id.resourceName == "vms-01m7y93b80gvc1t8ma8p00qcpd")
    }

    @Test(
        "that are none are refused",
        arguments: [
            "", "x", "01M7Y93B80GVC1T8MA8P00QCP", "01M7Y93B80GVC1T8MA8P00QCPDD", "81M7Y93B80GVC1T8MA8P00QCPD",
            "01M7Y93B80GVC1T8MA8P00QCPU", "../../../../etc/passwd1234", "01M7Y93B80GVC1T8MA8P00QC D",
            "01M7Y93B80GVC1T8MA8P00QCPİ",
        ]
    )
    func refused(text: String) {
        #expect(MachineID(text) == nil)
    }

    @Test("the ids of a gang's machines follow each other, in order, and carry the same time", arguments: 0..<20)
    func advanced(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        let id = MachineID(using: &random)
        let following = (1...2_000).map { id.advanced(by: $0) }
        #expect(zip([id] + following, following).allSatisfy(<))
        #expect(Set(following).count == following.count)
        #expect(following.allSatisfy { $0.time == id.time && MachineID($0.text) == $0 })
        #expect(id.advanced(by: 0) == id)
        #expect(following[999] == following[399].advanced(by: 600))
    }

    @Test("a digit that is full carries over to the next")
    func carry() throws {
        let id = try #require(MachineID("01M7Y9XB5NB532AF5XC4V0ZZZZ"))
        #expect(id.advanced(by: 1).text == "01M7Y9XB5NB532AF5XC4V10000")
        #expect(id.advanced(by: 33).text == "01M7Y9XB5NB532AF5XC4V10010")
    }
}
