import Testing

extension EndToEnd {
    /// A plant that does not answer costs its deadline, and gets nothing.
    @Suite
    struct DeadPlants {
        @Test(.timeLimit(.minutes(3)))
        func `a stopped plant is passed over`() async throws {
            try await inCleanLab("plant stopped") { lab in
                try await lab("kill", "plant1", "vmplant-server", "STOP")
                let made = try await Self.passes(.plant1, lab)
                try await lab("kill", "plant1", "vmplant-server", "CONT")
                try await Self.expect(made, in: lab)
            }
        }

        @Test(.timeLimit(.minutes(3)))
        func `a plant that is cut off is passed over`() async throws {
            try await inCleanLab("plant cut off") { lab in
                try await lab("cut", "plant1")
                let made = try await Self.passes(.plant1, lab)
                try await lab("heal", "plant1")
                try await Self.expect(made, in: lab)
            }
        }

        @Test(.timeLimit(.minutes(3)))
        func `a plant that is killed is passed over`() async throws {
            try await inCleanLab("plant killed") { lab in
                try await lab.kill(.plant1)
                let made = try await Self.passes(.plant1, lab)
                try await lab.start(.plant1)
                try await Self.expect(made, in: lab)
            }
        }

        /// The shop's directory is rebuilt from what the plants know.
        @Test(.timeLimit(.minutes(3)))
        func `a shop that lost its book finds its machines again`() async throws {
            try await inCleanLab("shop lost its book") { lab in
                let machine = try await lab.create(Ground.sample("bare.xml"))
                try await lab("kill", "shop", "vmshop-server")
                let lost = try await Program.demand([
                    "find", lab.directory + "/shop", "-name", "*.sqlite*", "-print", "-delete",
                ])
                #expect(lost.contains("shop.sqlite"))
                try await lab("start", "shop", "vmshop-server")
                let found = try await eventually("the shop knows the machine", within: 40) {
                    try? await lab.show(machine.id)
                }
                #expect(found.state == "ready")
                #expect(found.plant == machine.plant)
                #expect(found.address == machine.address)
                try await lab.collect(machine.id)
                try await lab.expectNothing()
            }
        }

        /// The first creation learns of the silence, the second need not wait for it.
        private static func passes(_ dead: Lab.Plant, _ lab: Lab) async throws -> [SeenMachine] {
            let clock = ContinuousClock()
            var made: [SeenMachine] = []
            for _ in 0..<2 {
                let began = clock.now
                let machine = try await lab.create(Ground.sample("bare.xml"))
                report("  made without \(dead): \(clock.now - began)")
                #expect(machine.plant == "plant2")
                made.append(machine)
            }
            return made
        }

        private static func expect(_ machines: [SeenMachine], in lab: Lab) async throws {
            // Whatever was on its way to the plant when it went silent has arrived by now, and made nothing.
            try await Task.sleep(for: .seconds(3))
            try await lab.expectNothing(on: .plant1, "a plant that was passed over,")
            _ = try await eventually("the shop takes plant1 again", within: 40) {
                let text = try await lab.vmshop("plant", "list").output
                return text.split(separator: "\n").contains { $0.hasPrefix("plant1 ") && $0.contains(" ready ") }
                    ? true : nil
            }
            for machine in machines { try await lab.collect(machine.id) }
        }
    }
}
