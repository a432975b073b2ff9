import Testing

extension EndToEnd {
    /// A plant that is killed while it wakes a machine, or while it makes the image that machines wake up from.
    @Suite
    struct WarmCrashes {
        /// The steps of a creation that are others where the machine wakes up.
        private static let wakingPoints = [
            "acquire-domain-intended", "acquire-domain-acted", "acquire-domain-held", "booted", "job-given",
        ]
        private static let makingPoints = [
            "warm-cloned", "warm-defined", "warm-started", "warm-saved", "warm-published",
        ]

        /// One plant is killed while machines wake up, the other while it makes images, at the same time.
        @Test(.timeLimit(.minutes(10)))
        func `killed at any step, a plant wakes the machine again, and leaves no half image`() async throws {
            try await inCleanLab("killed while waking") { lab in
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for driver in ["template", "restore"] {
                            await Self.replaceSaved(by: driver, lab)
                            await sweep(Self.wakingPoints, on: .plant1, of: lab) { try await Self.waking($0, lab) }
                        }
                    }
                    group.addTask {
                        await sweep(Self.makingPoints, on: .plant2, of: lab) { try await Self.making($0, lab) }
                    }
                }
                try await lab.restart(.plant1)
                try await lab.restart(.plant2)
                try await Self.remove("small-saved", lab)
            }
        }

        /// The creation is undone and begun again: the machine wakes up from the same memory, and is itself.
        private static func waking(_ point: String, _ lab: Lab) async throws {
            let id = MachineIDs.new()
            try await lab.restart(.plant1, killedAt: point)
            try await lab.beginWhenReady(Ground.document("who-am-i.xml"), id: id, at: .plant1)
            try await lab.awaitDeath(.plant1, at: point)
            try await lab.start(.plant1)
            let machine = try await lab.wait(for: "ready", of: id, at: .plant1)
            #expect(machine.attribute("host") == machine.resourceName, "\(point)")
            #expect(machine.attribute("card") == machine.attribute("Mac"), "\(point)")
            let emulators = try await lab.emulators(.plant1)
            #expect(emulators == ["qemu \(machine.resourceName)"], "\(point)")
            try await lab.collect(id, at: .plant1)
            try await lab.expectNothing(on: .plant1, "killed at \(point), restarted, collected:")
        }

        /// The image is whole or not there, nothing of the private machine is left, and the order can be given again.
        private static func making(_ point: String, _ lab: Lab) async throws {
            try await lab.restart(.plant2, killedAt: point)
            // The shop has to see first that the plant is back.
            _ = try await eventually("plant2 gets to \(point)", within: 60) {
                let broken = try await Self.warm("small-other", by: "template", at: "plant2", lab)
                #expect(broken.code != 0, "\(point): \(broken.text)")
                return try await lab.isAlive(.plant2) ? nil : true
            }
            try await lab.awaitDeath(.plant2, at: point)
            let there = try await lab.vmshop(["image", "verify", "small-other", "--warehouse", lab.warehouse])
            #expect((there.code == 0) == (point == "warm-published"), "\(point): \(there.text)")
            try await lab.start(.plant2)
            try await lab.expectNothing(on: .plant2, "killed at \(point), restarted:", within: 20)
            _ = try await eventually("\(point): the image is made again", within: 60) {
                try await Self.warm("small-other", by: "template", at: "plant2", lab).code == 0 ? true : nil
            }
            try await lab.expectNothing(on: .plant2, "killed at \(point), made again:", within: 5)
            try await remove("small-other", lab)
        }

        private static func replaceSaved(by driver: String, _ lab: Lab) async {
            do {
                try await lab.restart(.plant1)
                _ = try await lab.vmshop(["image", "remove", "small-saved", "--force", "--warehouse", lab.warehouse])
                _ = try await eventually("small-saved is made by \(driver)", within: 60) {
                    try await warm("small-saved", by: driver, at: "plant1", lab).code == 0 ? true : nil
                }
            } catch {
                Issue.record(error, "no image of the driver \(driver)")
            }
        }

        private static func warm(
            _ name: String,
            by driver: String,
            at plant: String,
            _ lab: Lab
        ) async throws -> Program.Answer {
            try await lab.vmshop(["image", "warm", "small", "--as", name, "--driver", driver, "--plant", plant])
        }

        private static func remove(_ name: String, _ lab: Lab) async throws {
            let answer = try await lab.vmshop(["image", "remove", name, "--force", "--warehouse", lab.warehouse])
            #expect(answer.code == 0, "\(answer.text)")
        }
    }
}
