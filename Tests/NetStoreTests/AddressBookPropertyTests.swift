import GRDB
import SeededRandom
import Testing

@testable import NetStore

@Suite("Address book, whatever happens")
struct AddressBookPropertyTests {
    @Test("A thousand random check-outs and releases never lend a thing twice", arguments: [1, 2, 3] as [UInt64])
    func staysUnique(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let clock = TestClock()
        let book = try makeBook(pool: "10.90.0.0/26", subnetLength: 29, quarantine: 5, clock: clock)
        var held: [String: GuestLease] = [:]
        var released: [String: Double] = [:]
        for step in 0..<1000 {
            clock.advance(Double.random(in: 0...1, using: &generator))
            let number = Int.random(in: 0..<60, using: &generator)
            let (machine, domain) = ("M\(number)", "d\(number % 9)")
            if Bool.random(using: &generator) {
                do {
                    let lease = try await book.checkOut(machine: machine, domain: domain)
                    #expect(held[machine].map { $0 == lease } ?? true, "step \(step): not idempotent")
                    if held[machine] == nil, let since = released[lease.address] {
                        #expect(clock.now - since >= 5, "step \(step): \(lease.address) came back too early")
                    }
                    held[machine] = lease
                } catch {
                    #expect(error.code == .exhausted, "step \(step): \(error)")
                    #expect(try await book.standing(ofDomain: domain).free == 0)
                }
            } else if let lease = try await book.release(machine: machine) {
                #expect(held.removeValue(forKey: machine) == lease)
                released[lease.address] = clock.now
            }
            expectUnique(Array(held.values))
        }
        #expect(try await book.leases().count == held.count)
    }

    @Test("Eight tasks check out two hundred leases at the same time, from a file")
    func survivesConcurrency() async throws {
        try await withTemporaryFolder { folder in
            let plan = try AddressPlan(pool: "10.90.0.0/16", shareRoot: "/srv/s")
            let book = try makeBook(plan, in: DatabasePool(path: folder + "/plant.db"), TestClock())
            let leases = try await withThrowingTaskGroup(of: [GuestLease].self) { group in
                for task in 0..<8 {
                    group.addTask {
                        var leases: [GuestLease] = []
                        for number in 0..<25 {
                            let machine = "T\(task)-\(number)"
                            leases.append(try await book.checkOut(machine: machine, domain: "d\(number % 3)"))
                        }
                        return leases
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(leases.count == 200)
            expectUnique(leases)
            #expect(Set(leases.map(\.network)).count == 3)
            #expect(try await Set(book.leases()) == Set(leases))
        }
    }

    @Test("Eight tasks that ask for the same machine get the same lease")
    func isIdempotentConcurrently() async throws {
        let book = try makeBook()
        let leases = try await withThrowingTaskGroup(of: GuestLease.self) { group in
            for _ in 0..<8 { group.addTask { try await book.checkOut(machine: "A", domain: "a") } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(leases.count == 1)
    }

    @Test("After two thousand turns the pool is as full as at first")
    func leaksNothing() async throws {
        let clock = TestClock()
        let book = try makeBook(pool: "10.90.0.0/27", subnetLength: 29, quarantine: 1, clock: clock)
        let full = try await book.free
        try await book.database.write { db in
            for turn in 0..<2000 {
                clock.advance(1)
                _ = try book.checkOut(machine: "M\(turn)", domain: "d\(turn % 4)", in: db)
                try book.release(machine: "M\(turn)", in: db)
            }
        }
        clock.advance(1)
        #expect(try await book.free == full)
    }

    private func expectUnique(_ leases: [GuestLease]) {
        let count = leases.count
        #expect(Set(leases.map(\.address)).count == count)
        #expect(Set(leases.map(\.mac)).count == count)
        #expect(Set(leases.map(\.share)).count == count)
        #expect(Set(leases.map(\.tap)).count == count)
        #expect(Set(leases.map(\.exportID)).count == count)
    }
}
