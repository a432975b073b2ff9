import Hypervisor
import MachineBook
import NetStore
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("many machines at once", .timeLimit(.minutes(2)))
struct ConcurrencyTests {
    @Test("twenty creations at once share no address, MAC, tap, share, export or disk; and then nothing is left")
    func nothingShared() async throws {
        try await PlantFixture.with { plant in
            let ids = (0..<20).map { _ in MachineID.new() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, id) in ids.enumerated() {
                    group.addTask {
                        let document = RequestText.document(domain: "d\(index % 3).example.org")
                        _ = try await plant.client.create(id, document, options: .init())
                        let ready = try await plant.client.settled(id, within: .seconds(60))
                        #expect(ready.state == .ready, "\(String(describing: ready.error))")
                    }
                }
                try await group.waitForAll()
            }
            let leases = try await plant.plant.parts.host.addresses.leases()
            #expect(leases.count == 20)
            #expect(Set(leases.map(\.address)).count == 20 && Set(leases.map(\.mac)).count == 20)
            #expect(Set(leases.map(\.tap)).count == 20 && Set(leases.map(\.share)).count == 20)
            #expect(Set(leases.map(\.exportID)).count == 20 && Set(leases.map(\.network)).count == 3)
            #expect(plant.directory.list("state/machines") == ids.map(\.resourceName).sorted())
            for id in ids { #expect(plant.directory.list("state/machines/" + id.resourceName).contains("disk.qcow2")) }
            // Passes beside the collections disturb nothing.
            let passes = reconcileAgainAndAgain(plant)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in ids {
                    group.addTask {
                        let gone = try await plant.client.collect(id)
                        #expect(gone.state == .collected)
                    }
                }
                try await group.waitForAll()
            }
            passes.cancel()
            _ = await passes.value
            try await plant.expectNothingLeft()
        }
    }

    @Test("passes of the reconciler beside creations lose, repeat and orphan nothing")
    func reconciliationBesideCreations() async throws {
        try await PlantFixture.with { plant in
            let passes = reconcileAgainAndAgain(plant)
            let ids = (0..<10).map { _ in MachineID.new() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in ids {
                    group.addTask {
                        let document = RequestText.document([RequestText.action("a", ":")])
                        _ = try await plant.client.create(id, document, options: .init())
                        let ready = try await plant.client.settled(id, within: .seconds(60))
                        #expect(ready.state == .ready, "\(String(describing: ready.error))")
                        #expect(ready.actions.map(\.attempts) == [1])
                    }
                }
                try await group.waitForAll()
            }
            passes.cancel()
            #expect(await passes.value > 0)
            #expect(
                !plant.log.lines.contains { $0.contains("orphan") },
                "\(plant.log.lines.filter { $0.contains("orphan") })"
            )
            #expect(try await plant.plant.parts.machines.records(in: [.ready]).count == 10)
            let running = try await plant.plant.parts.host.hypervisor.marked().filter { $0.state == .running }
            #expect(running.count == 10)
        }
    }

    /// Passes without a pause, until cancelled; says how many there were.
    private func reconcileAgainAndAgain(_ plant: PlantFixture) -> Task<Int, Never> {
        Task {
            var count = 0
            while true {
                let problems = await Reconciler(plant: plant.plant).run()
                guard !Task.isCancelled else { return count }
                #expect(problems.isEmpty)
                count += 1
            }
        }
    }

    @Test("the limit holds however many creations come at once")
    func limit() async throws {
        try await PlantFixture.with(.init(["limits.machines=4"], guests: false)) { plant in
            let answers = await withTaskGroup(of: String.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        do {
                            _ = try await plant.client.create(.new(), RequestText.document(), options: .init())
                            return "accepted"
                        } catch {
                            return (error as? ServiceError)?.code.rawValue ?? "\(error)"
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.filter { $0 == "accepted" }.count == 4)
            #expect(answers.filter { $0 == "placement.refused" }.count == 12)
            for machine in try await plant.client.machines(matching: nil, includeGone: false) {
                _ = try await plant.client.collect(machine.id)
            }
            try await plant.expectNothingLeft()
        }
    }

    @Test("a reader of events is woken by the next one")
    func longPoll() async throws {
        try await PlantFixture.with(.init(guests: false)) { plant in
            let id = MachineID.new()
            _ = try await plant.client.create(id, RequestText.document(), options: .init())
            try await Eventually.holds("the domain runs") {
                try await plant.client.events(of: id, after: 0, wait: .zero).events.count == 8
            }
            async let page = plant.client.events(of: id, after: 8, wait: .seconds(20))
            #expect(try await plant.client.events(of: id, after: 8, wait: .milliseconds(50)).events.isEmpty)
            _ = try await plant.client.collect(id)
            #expect(try await page.events.first?.state == .collecting)
        }
    }
}
