import Glibc
import Testing

extension EndToEnd {
    /// Machines that woke up before anybody asked for them.
    @Suite
    struct Spares {
        private static let pool = 512
        private static let document = Ground.document("who-am-i.xml")

        @Test(.timeLimit(.minutes(3)))
        func `a request takes over a machine that stands ready, which is then like any other`() async throws {
            try await inCleanLab("a spare becomes a machine") { lab in
                try await lab.makeSaved(at: .plant1)
                try await lab.restart(.plant1, pool: Self.pool)
                let began = time(nil)
                let first = try await lab.createWhenReady(Self.document, at: .plant1)
                try await lab.awaitSpare(at: .plant1)
                // A clock that nobody sets is late by what it stood still.
                try await Task.sleep(for: .seconds(4))
                let plan = try await lab.vmshop("plan", Self.document, at: .plant1)
                #expect(plan.output.contains("a machine of it stands ready"), "\(plan.text)")
                let second = try await lab.create(Self.document, at: .plant1)
                #expect(try await lab.tookSpare(second.id, at: .plant1))
                let both = [first, second]
                both.expectDifferent(["drawn", "uuid", "boot", "host", "card", "client", "share", "Address", "Mac"])
                both.expectThemselves(madeSince: began)
                try await Self.isLikeAnyOther(second, lab)
                // What was a spare when its plant was killed is nobody's, and goes.
                let third = try await lab.create(Self.document, at: .plant1)
                try await lab.awaitSpare(at: .plant1)
                try await lab.kill(.plant1)
                try await lab.start(.plant1)
                try await lab.awaitEmulators(3, at: .plant1)
                for machine in both + [third] {
                    #expect(try await lab.wait(for: "ready", of: machine.id, at: .plant1).state == "ready")
                    try await lab.collect(machine.id, at: .plant1)
                }
                try await lab.expectNothing(on: .plant1, "after both were collected,")
                try await lab.removeSaved()
            }
        }

        /// It takes a disk and further jobs, also by a plant that was started anew.
        private static func isLikeAnyOther(_ machine: SeenMachine, _ lab: Lab) async throws {
            let file = Ground.document("spare-further.xml")
            try await lab.restart(.plant1, pool: pool)
            _ = try await eventually("plant1 configures", within: 30) {
                try await lab.vmshop("configure", machine.id, file, at: .plant1).code == 0 ? true : nil
            }
            let seen = try await lab.show(machine.id, at: .plant1)
            #expect(seen.attribute("sectors") == "8192", "\(seen.attributes)")
            #expect(seen.attribute("host") == machine.resourceName)
        }

        /// The points of one plant, and of the other.
        private static let points = [
            Lab.Plant.plant1: ["take-begun", "take-domain", "take-told", "spare-acquired"],
            .plant2: ["take-files", "take-passed", "spare-ready"],
        ]

        @Test(.timeLimit(.minutes(6)))
        func `killed while a spare is made or taken, a plant makes the machine, and leaves no spare`() async throws {
            try await inCleanLab("killed while spares are made and taken") { lab in
                try await lab.makeSaved(at: .plant1)
                await withTaskGroup(of: Void.self) { group in
                    for (plant, points) in Self.points {
                        group.addTask {
                            await sweep(points, on: plant, of: lab) { try await Self.kill(plant, at: $0, lab) }
                        }
                    }
                }
                for plant in Lab.Plant.allCases { try await lab.restart(plant) }
                try await lab.removeSaved()
            }
        }

        private static func kill(_ plant: Lab.Plant, at point: String, _ lab: Lab) async throws {
            try await lab.restart(plant, killedAt: point, pool: pool)
            var machines: [String] = []
            if point.hasPrefix("spare-") {
                machines.append(MachineIDs.new())
                try await lab.beginWhenReady(document, id: machines[0], at: plant)
            } else {
                machines.append(try await lab.createWhenReady(document, at: plant).id)
                try await lab.awaitSpare(at: plant)
                machines.append(MachineIDs.new())
                _ = try await lab.begin(document, id: machines[1], at: plant)
            }
            try await lab.awaitDeath(plant, at: point)
            try await lab.start(plant)
            for id in machines {
                let machine = try await lab.wait(for: "ready", of: id, at: plant)
                #expect(machine.attribute("host") == machine.resourceName, "\(point)")
                #expect(machine.attribute("card") == machine.attribute("Mac"), "\(point)")
            }
            try await lab.awaitEmulators(machines.count, at: plant)
            for id in machines { try await lab.collect(id, at: plant) }
            try await lab.expectNothing(on: plant, "killed at \(point), restarted, collected:", within: 20)
        }
    }
}

extension Lab {
    /// Creates a machine at a plant that has just been started.
    fileprivate func createWhenReady(_ file: String, at plant: Plant) async throws -> SeenMachine {
        let id = MachineIDs.new()
        try await beginWhenReady(file, id: id, at: plant)
        return try await wait(for: "ready", of: id, at: plant)
    }

    /// Waits until a spare stands ready.
    func awaitSpare(at plant: Plant, within limit: Int = 60) async throws {
        _ = try await eventually("a spare stands ready on \(plant)", within: limit) {
            try await vmshop("plant", "list", at: plant).output.contains("1 ready") ? true : nil
        }
    }

    /// Whether a machine was made of a spare.
    func tookSpare(_ id: String, at plant: Plant) async throws -> Bool {
        let events = try await self("exec", "shop", "curl", "-s", "\(plant.url)/v1/machines/\(id)/events")
        return events.contains("a spare became the machine")
    }

    /// Waits until as many QEMUs run as there are machines.
    fileprivate func awaitEmulators(_ count: Int, at plant: Plant) async throws {
        _ = try await eventually("\(plant) has \(count) QEMUs", within: 30) {
            try await emulators(plant).count == count ? true : nil
        }
    }
}
