import GRDB
import Testing

@testable import NetStore

@Suite("Address book")
struct AddressBookTests {
    @Test("A machine gets everything, and the same again")
    func checksOut() async throws {
        let book = try makeBook()
        let lease = try await book.checkOut(machine: "01J0A", domain: "physics.example.org")
        let expected = GuestLease(
            machineID: "01J0A",
            domain: "physics.example.org",
            network: "vmshop-net0",
            bridge: "vmsbr0",
            address: "10.90.0.2",
            mac: "52:54:00:5a:00:02",
            gateway: "10.90.0.1",
            prefixLength: 24,
            share: "/srv/vmshop/shares/01J0A",
            exportID: 100,
            tap: "vmst0a5a0002"
        )
        #expect(lease == expected)
        #expect(try await book.checkOut(machine: "01J0A", domain: "physics.example.org") == expected)
        #expect(try await book.leases() == [expected])
    }

    @Test("Each domain has a network of its own")
    func separatesDomains() async throws {
        let book = try makeBook()
        let first = try await book.checkOut(machine: "A", domain: "a.example")
        let second = try await book.checkOut(machine: "B", domain: "b.example")
        let third = try await book.checkOut(machine: "C", domain: "a.example")
        #expect(first.network == third.network)
        #expect(first.network != second.network)
        #expect(second.gateway == "10.90.1.1")
        #expect(try await book.standing(ofDomain: "a.example").hasNetwork)
        #expect(try await !book.standing(ofDomain: "c.example").hasNetwork)
    }

    @Test("What a machine was lent is passed on whole, and only to one that has nothing")
    func passesOn() async throws {
        let book = try makeBook()
        var lease = try await book.checkOut(machine: "A", domain: "a.example")
        _ = try await book.checkOut(machine: "B", domain: "a.example")
        await expectFailure(.conflict) { try await book.write { try book.pass(from: "A", to: "B", in: $0) } }
        await expectFailure(.notFound) { try await book.write { try book.pass(from: "X", to: "C", in: $0) } }
        await expectFailure(.invalid) { try await book.write { try book.pass(from: "A", to: "../c", in: $0) } }
        try await book.write { try book.pass(from: "A", to: "C", in: $0) }
        lease.machineID = "C"
        #expect(try await book.lease(of: "C") == lease)
        #expect(try await book.lease(of: "A") == nil)
    }

    @Test("A machine that has an address in another domain is refused")
    func refusesOtherDomain() async throws {
        let book = try makeBook()
        _ = try await book.checkOut(machine: "A", domain: "a.example")
        await expectFailure(.conflict) { try await book.checkOut(machine: "A", domain: "b.example") }
    }

    @Test("Names that could become paths are refused", arguments: ["", "..", "../x", "a/b", "a b", "-a", "a\n", "ä"])
    func refusesNames(name: String) async throws {
        let book = try makeBook()
        await expectFailure(.invalid) { try await book.checkOut(machine: name, domain: "a.example") }
        await expectFailure(.invalid) { try await book.checkOut(machine: "A", domain: name) }
    }

    @Test("A full subnet is a typed refusal, and other domains go on")
    func exhaustsSubnet() async throws {
        let book = try makeBook(pool: "10.90.0.0/28", subnetLength: 29)
        for number in 1...5 { _ = try await book.checkOut(machine: "A\(number)", domain: "a.example") }
        await expectFailure(.exhausted) { try await book.checkOut(machine: "A6", domain: "a.example") }
        #expect(try await book.standing(ofDomain: "a.example").free == 0)
        #expect(try await book.standing(ofDomain: "b.example").free == 5)
        _ = try await book.checkOut(machine: "B", domain: "b.example")
        await expectFailure(.exhausted) { try await book.checkOut(machine: "C", domain: "c.example") }
        #expect(try await book.free == 4)
    }

    @Test("A larger subnet holds more machines of one domain")
    func fillsLargeSubnet() async throws {
        let book = try makeBook(pool: "10.90.0.0/19", subnetLength: 20)
        #expect(try await book.standing(ofDomain: "a.example").free == 4093)
        var addresses: Set<String> = []
        for number in 1...300 {
            let lease = try await book.checkOut(machine: "A\(number)", domain: "a.example")
            #expect(lease.prefixLength == 20 && lease.bridge == "vmsbr0")
            addresses.insert(lease.address)
        }
        #expect(addresses.count == 300)
        #expect(addresses.contains("10.90.1.44"))
        #expect(try await book.checkOut(machine: "B", domain: "b.example").address == "10.90.16.2")
    }

    @Test("All export ids lent is a typed refusal; a released id comes back last")
    func exhaustsExports() async throws {
        let book = try makeBook(exportIDs: 7...9)
        let ids = try await [
            book.checkOut(machine: "A", domain: "a").exportID, book.checkOut(machine: "B", domain: "a").exportID,
        ]
        #expect(ids == [7, 8])
        try await book.release(machine: "A")
        #expect(try await book.checkOut(machine: "C", domain: "a").exportID == 9)
        #expect(try await book.checkOut(machine: "D", domain: "a").exportID == 7)
        await expectFailure(.exhausted) { try await book.checkOut(machine: "E", domain: "a") }
    }

    @Test("A released address rests, and then the one that rested longest comes first")
    func quarantines() async throws {
        let clock = TestClock()
        let book = try makeBook(pool: "10.90.0.0/29", subnetLength: 29, quarantine: 60, clock: clock)
        for name in ["A", "B", "C", "D", "E"] { _ = try await book.checkOut(machine: name, domain: "a") }
        try await book.release(machine: "D")
        clock.advance(30)
        try await book.release(machine: "B")
        clock.advance(29)
        await expectFailure(.exhausted) { try await book.checkOut(machine: "F", domain: "a") }
        #expect(try await book.free == 0)
        clock.advance(1)
        #expect(try await book.free == 1)
        clock.advance(30)
        #expect(try await book.checkOut(machine: "F", domain: "a").address == "10.90.0.5")
        #expect(try await book.checkOut(machine: "G", domain: "a").address == "10.90.0.3")
    }

    @Test("A clock set back starts a quarantine again instead of prolonging it to the old time")
    func survivesClock() async throws {
        let clock = TestClock()
        let book = try makeBook(pool: "10.90.0.0/29", subnetLength: 29, quarantine: 60, clock: clock)
        for name in ["A", "B", "C", "D", "E"] { _ = try await book.checkOut(machine: name, domain: "a") }
        try await book.release(machine: "A")
        clock.advance(-3600)
        await expectFailure(.exhausted) { try await book.checkOut(machine: "F", domain: "a") }
        // The refused check-out changed nothing: begin the quarantine by one that succeeds.
        try await book.release(machine: "B")
        clock.advance(60)
        #expect(try await book.checkOut(machine: "F", domain: "a").address == "10.90.0.3")
    }

    @Test("A network goes when its last lease is gone, in two steps")
    func removesNetwork() async throws {
        let book = try makeBook()
        let lease = try await book.checkOut(machine: "A", domain: "a")
        #expect(try await !book.beginRemoval(network: lease.network))
        try await book.finishRemoval(network: lease.network)
        #expect(try await book.networks().count == 1)
        try await book.release(machine: "A")
        #expect(try await book.beginRemoval(network: lease.network))
        await expectFailure(.busy) { try await book.checkOut(machine: "B", domain: "a") }
        // Once it is gone, which is soon, there is a whole subnet but for the address that rests.
        #expect(try await book.standing(ofDomain: "a").free == 252)
        #expect(try await book.networks().map(\.state) == [.removing])
        try await book.finishRemoval(network: lease.network)
        #expect(try await book.networks().isEmpty)
        #expect(try await book.checkOut(machine: "B", domain: "a").address == "10.90.0.3")
    }

    @Test("A name that somebody else has is not given to a network, and keeps no domain from a network")
    func avoidsNames() async throws {
        let book = try makeBook(pool: "10.90.0.0/28", subnetLength: 29)
        let taken: Set = ["vmshop-net0", "default"]
        #expect(try await book.checkOut(machine: "A", domain: "a", avoiding: taken).network == "vmshop-net1")
        #expect(try await book.checkOut(machine: "B", domain: "a", avoiding: ["vmshop-net1"]).network == "vmshop-net1")
        await expectFailure(.exhausted) { try await book.checkOut(machine: "C", domain: "c", avoiding: taken) }
        #expect(try await book.leases(onNetwork: "vmshop-net1").map(\.machineID) == ["A", "B"])
        #expect(try await book.leases(onNetwork: "vmshop-net0").isEmpty)
        #expect(try await book.network(ofDomain: "a") == book.network(named: "vmshop-net1"))
        #expect(try await book.network(ofDomain: "c") == nil)
    }

    @Test("A check-out is part of the caller's transaction, and goes with it")
    func joinsTransaction() async throws {
        let book = try makeBook()
        struct Cancelled: Error {}
        await #expect(throws: Cancelled.self) {
            try await book.database.write { db in
                _ = try book.checkOut(machine: "A", domain: "a", in: db)
                throw Cancelled()
            }
        }
        #expect(try await book.leases().isEmpty)
        #expect(try await book.networks().isEmpty)
    }

    @Test(
        "The tables themselves refuse to lend a thing twice",
        arguments: ["address", "mac", "share", "exportID", "tap"]
    )
    func constrains(column: String) async throws {
        let book = try makeBook()
        _ = try await book.checkOut(machine: "A", domain: "a")
        _ = try await book.checkOut(machine: "B", domain: "a")
        await #expect(throws: DatabaseError.self) {
            try await book.database.write { db in
                try db.execute(
                    sql: "UPDATE netLease SET \(column) = (SELECT \(column) FROM netLease WHERE machineID = 'A')"
                )
            }
        }
    }
}

/// Expects a failure of a kind.
func expectFailure<Value>(
    _ code: NetStoreError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Value
) async {
    do {
        let value = try await body()
        Issue.record("expected \(code), got \(value)", sourceLocation: sourceLocation)
    } catch let error as NetStoreError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    } catch {
        Issue.record("expected \(code), got \(error)", sourceLocation: sourceLocation)
    }
}
