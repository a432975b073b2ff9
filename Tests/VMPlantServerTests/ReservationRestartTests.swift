import ClassAds
import CostModel
import DAGModel
import GRDB
import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("places that are kept by a plant that is started again", .timeLimit(.minutes(2)))
struct ReservationRestartTests {
    @Test("are kept as long as was promised, and the bid of before is good for them")
    func survives() async throws {
        try await TemporaryDirectory.with { directory in
            try await PlantFixture.prepare(directory)
            let (id, limit) = (MachineID.new(), PlantFixture.Options(["limits.machines=1"]))
            let bid = try await PlantFixture.run(in: directory, limit) { plant in
                try await plant.client.reserve(id, RequestText.document(), policy: nil)
            }
            try await PlantFixture.run(in: directory, limit) { plant in
                let client = plant.client
                await expect(code: .refused) {
                    try await client.create(.new(), RequestText.document(), options: .init())
                }
                let options = CreateOptions(bid: bid.id)
                await expect(code: .bidExpired) {
                    try await client.create(id, RequestText.document(name: "other"), options: options)
                }
                await expect(code: .bidExpired) {
                    try await client.create(id, RequestText.document(), options: .init(bid: "another"))
                }
                _ = try await client.create(id, RequestText.document(), options: options)
                #expect(try await client.settled(id).state == .ready)
                _ = try await client.collect(id)
            }
        }
    }

    @Test("are over when the host was started again meanwhile")
    func otherBoot() async throws {
        try await PlantFixture.still { plant, _ in
            let id = MachineID.new()
            var claims = plant.parts.claims
            let place = Reservation(
                machine: id,
                bid: "b",
                digest: "d",
                domain: "a.example",
                image: "small",
                claim: .nothing,
                expires: claims.clock.now() + 60_000
            )
            try await claims.database.write { [claims] in try claims.keep(place, in: $0) }
            #expect(try await claims.reservation(of: id) == place)
            #expect(try await claims.promised().reservations == 1)
            claims.clock.boot = "another"
            #expect(try await claims.reservation(of: id) == nil)
            #expect(try await claims.promised().reservations == 0)
        }
    }

    @Test("machines of an earlier version count with what their attributes say")
    func migration() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory("plant.sqlite")
            let old = try PlantDatabase.open(path: path)
            let store = MachineStore<PlantExtra>(old)
            for state in [MachineState.ready, .stopped, .collected] {
                var machine = Machine(
                    id: .new(),
                    name: "m",
                    state: state,
                    domain: "a.example",
                    requestDigest: "",
                    created: .now
                )
                machine.attributes["Memory"] = .integer(512)
                machine.attributes["Cpus"] = .integer(2)
                machine.attributes["Disk"] = .integer(1024)
                _ = try await store.insert(PlantRecord(machine: machine, document: [], extra: PlantExtra(attempt: 1)))
            }
            try await old.write { database in
                try database.execute(sql: "DROP TABLE claim; DROP TABLE reservation; DROP TABLE cordon")
                try database.execute(sql: "DELETE FROM grdb_migrations WHERE identifier LIKE 'claims-%'")
            }
            try old.close()
            try await PlantFixture.still { plant, _ in
                let claims = ClaimBook(
                    database: try PlantDatabase.open(path: path),
                    addresses: plant.parts.claims.addresses
                )
                let promised = try await claims.promised()
                #expect(promised.machines == 2)
                #expect(promised.claim == .init(memory: 1 << 30, cpus: 4, disk: 2 << 30))
            }
        }
    }
}
