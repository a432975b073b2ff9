import CostModel
import FoundationEssentials
import GRDB
import MachineBook
import SeededRandom
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

@Suite("A damaged book")
struct DamagedBookTests {
    @Test("is refused with what to do, or can be opened; no damage ends the process", arguments: 0..<40)
    func damage(seed: Int) async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory("shop.sqlite")
            let before = try await Self.book(at: path, machines: 30)
            var generator = SeededGenerator(seed: seed)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            if seed % 4 == 0 {
                bytes = bytes.prefix(Int.random(in: 1..<bytes.count, using: &generator))
            } else {
                for _ in 0..<(1 << Int.random(in: 0...10, using: &generator)) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
                }
            }
            try bytes.write(to: URL(fileURLWithPath: path))
            do {
                let database = try ShopDatabase.open(path: path)
                // What the check of a start does not see, such as other letters in a name, is an error where it is read, or is not seen.
                for machine in before { _ = try? await MachineStore<ShopExtra>(database).record(machine.id) }
                try database.close()
            } catch let error as ServiceError {
                #expect(error.code == .unavailable && error.hint?.isEmpty == false, "seed \(seed): \(error)")
            }
        }
    }

    @Test("that is no database at all is refused with what to do")
    func nonsense() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory("shop.sqlite")
            try Data(repeating: 7, count: 9_000).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: ServiceError.self) { _ = try ShopDatabase.open(path: path) }
            #expect(error?.message.contains("is damaged") == true && error?.message.contains(path) == true)
        }
    }

    private static func book(at path: String, machines count: Int) async throws -> [Machine] {
        let database = try ShopDatabase.open(path: path)
        var machines: [Machine] = []
        for number in 0..<count {
            let machine = Machine(
                id: .new(),
                name: "machine-\(number)",
                state: .ready,
                domain: "lab.example",
                requestDigest: "-",
                created: .now
            )
            let record = ShopRecord(machine: machine, document: [], extra: ShopExtra(policy: .vmplants2004))
            _ = try await MachineStore<ShopExtra>(database).insert(record)
            machines.append(machine)
        }
        try database.close()
        return machines
    }
}
