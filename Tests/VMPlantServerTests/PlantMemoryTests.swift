import Foundation
import Testing

@testable import VMPlantServer

@Suite("What a plant takes of its host's memory")
struct PlantMemoryTests {
    @Test("the code of files is found among what is mapped, and nothing that may have been written to")
    func pages() {
        let maps = """
            55d0a0000000-55d0a0002000 r--p 00000000 fe:00 12 /usr/bin/vmplant-server
            55d0a0002000-55d0a0010000 r-xp 00002000 fe:00 12 /usr/bin/vmplant-server
            55d0a0010000-55d0a0011000 rw-p 00010000 fe:00 12 /usr/bin/vmplant-server
            55d0a1000000-55d0a1021000 rw-p 00000000 00:00 0 [heap]
            7f0000000000-7f0000001000 r-xp 00000000 00:00 0
            7f0000002000-7f0000003000 rwxp 00000000 fe:00 13 /usr/lib/libodd.so
            7f0000004000-7f0000006000 r-xp 00000000 fe:00 14 /usr/lib/with space.so
            7ffc00000000-7ffc00002000 r-xp 00000000 00:00 0 [vdso]
            nonsense
            zz-yy r-xp 0 0 0 /x
            """
        #expect(
            PlantMemory.programPages(in: maps) == [
                0x55d0_a000_2000..<0x55d0_a001_0000, 0x7f00_0000_4000..<0x7f00_0000_6000,
            ]
        )
    }

    @Test("what is given back is there when it is needed again")
    func goesOn() throws {
        let before = (1...1_000).map { String($0) }.joined(separator: ",")
        PlantMemory.giveBack()
        #expect((1...1_000).map { String($0) }.joined(separator: ",") == before)
        let data = try JSONEncoder().encode(["a": before])
        #expect(try JSONDecoder().decode([String: String].self, from: data) == ["a": before])
    }
}
