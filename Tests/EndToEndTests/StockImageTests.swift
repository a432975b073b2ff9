import FoundationEssentials
import Glibc
import Testing

extension EndToEnd {
    /// A distributor's image, as it is: the seed disk brings all that it lacks.
    @Suite
    struct StockImages {
        /// Debian's packages make the image (`VMSHOP_E2E_DEBIAN_IMAGE` names one that `scripts/debian-image` has made
        /// before). An emulated systemd takes minutes to start, so the plant is told to be patient.
        @Test(.timeLimit(.minutes(30)))
        func `a Debian with cloud-init and nothing of ours becomes a machine, booted and saved while it ran`()
            async throws
        {
            try await inCleanLab("stock image") { lab in
                try await Self.publish(in: lab)
                for plant in ["plant1", "plant2"] {
                    try await lab("stop", plant, "vmplant-server")
                    let settings = "VMPLANT_TIMEOUTS_BOOT=900", pool = "VMPLANT_POOL_MEMORY=600"
                    try await lab("start", plant, "vmplant-server", "--env", settings, "--env", pool)
                }
                async let booted: Void = Self.boot(in: lab)
                async let woken: Void = Self.wake(in: lab)
                try await booted
                try await woken
                for plant in Lab.Plant.allCases {
                    try await lab.restart(plant)
                    // The spare that it had goes after its start.
                    try await lab.expectNothing(on: plant, "restarted without spares:", within: 20)
                }
            }
        }

        private static func boot(in lab: Lab) async throws {
            let id = MachineIDs.new()
            try await lab.beginWhenReady(Ground.document("stock-image.xml"), id: id, at: .plant1)
            let clock = ContinuousClock()
            let began = clock.now
            let machine = try await lab.wait(for: "ready", of: id, at: .plant1, within: 1200)
            report("stock image, request to ready: \(clock.now - began)")
            #expect(machine.attribute("distribution") == "debian")
            #expect(machine.attribute("host")?.lowercased() == machine.resourceName)
            #expect(machine.attribute("instance") == id)
            #expect(machine.attribute("card") == machine.attribute("Mac"))
            #expect(machine.attribute("home") == "/home/alice")
            // Made at the first boot, so no two clones have the same.
            #expect(machine.attribute("keys") == "made")
            try await publishAndBoot(machine, lab)
            try await lab.collect(id, at: .plant1)
        }

        /// What was done to the machine is an image, whose machines are not known by what that one is known by.
        private static func publishAndBoot(_ first: SeenMachine, _ lab: Lab) async throws {
            let made = try await lab.vmshop("image", "publish", "debian-made", "--from", first.id, at: .plant1)
            #expect(made.code == 0 && made.text.contains("published debian-made"), "\(made.text)")
            let id = MachineIDs.new()
            let began = ContinuousClock.now
            _ = try await lab.begin(Ground.document("stock-made.xml"), id: id, at: .plant1)
            let second = try await lab.wait(for: "ready", of: id, at: .plant1, within: 1200)
            report("stock image, a machine of what was published: \(ContinuousClock.now - began)")
            #expect(second.actions.map(\.status) == ["reused", "reused", "done"])
            #expect(second.attribute("Image") == "debian-made")
            #expect(second.attribute("itshost") == second.resourceName)
            #expect(second.attribute("itscard") == second.attribute("Mac"))
            #expect(second.attribute("ofalice") == "alice")
            let known = try await lab.configure(first.id, Ground.document("stock-who-later.xml"), at: .plant1)
            for (one, other) in [("laterid", "itsid"), ("laterkey", "itskey")] {
                let values = [known.attribute(one), second.attribute(other)].compactMap(\.self).filter { !$0.isEmpty }
                #expect(Set(values).count == 2, "\(values)")
            }
            try await lab.collect(id, at: .plant1)
            // The shop may not have seen yet that the other plant is back.
            let words = ["image", "remove", "debian-made", "--force", "--warehouse", lab.warehouse]
            let removed = try await lab.vmshop(words)
            #expect(removed.code == 0, "\(removed.text)")
        }

        /// Three machines of one memory, the last of them of a spare, which differ in everything by which somebody could take one for the other.
        private static func wake(in lab: Lab) async throws {
            let order = [
                "image", "warm", "debian", "--as", "debian-saved", "--driver", "template", "--plant", "plant2",
            ]
            // The shop has to see first that the plant is back.
            let made = try await eventually("plant2 takes the order", within: 60) {
                let answer = try await lab.vmshop(order, limit: 1200)
                let isUnseen = answer.text.contains("unavailable") || answer.text.contains("unreachable")
                return isUnseen ? nil : answer
            }
            try #require(made.code == 0, "\(made.text)")
            let clock = ContinuousClock()
            let began = (clock.now, time(nil))
            var machines: [SeenMachine] = []
            for _ in 0..<2 {
                machines.append(try await lab.create(Ground.document("stock-who-am-i.xml"), at: .plant2))
            }
            report("stock image, two machines woken: \(clock.now - began.0)")
            try await lab.awaitSpare(at: .plant2, within: 240)
            let spare = clock.now
            machines.append(try await lab.create(Ground.document("stock-who-am-i.xml"), at: .plant2))
            report("stock image, a spare taken over: \(clock.now - spare)")
            #expect(try await lab.tookSpare(machines[2].id, at: .plant2))
            machines.expectDifferent(["drawn", "boot", "host", "id", "key", "card", "Address"])
            machines.expectThemselves(madeSince: began.1)
            try await Self.startRunnerAgain(on: machines[2], lab)
            for machine in machines { try await lab.collect(machine.id, at: .plant2) }
            let words = ["image", "remove", "debian-saved", "--force", "--warehouse", lab.warehouse]
            let removed = try await lab.vmshop(words)
            #expect(removed.code == 0, "\(removed.text)")
        }

        /// A runner that begins anew finds that the machine is what it was.
        private static func startRunnerAgain(on machine: SeenMachine, _ lab: Lab) async throws {
            let order = try await lab.configure(machine.id, Ground.document("stock-restart.xml"), at: .plant2)
            #expect(order.state == "ready")
            try await Task.sleep(for: .seconds(15))
            let later = try await lab.configure(machine.id, Ground.document("stock-who-later.xml"), at: .plant2)
            #expect(later.attribute("laterid") == machine.attribute("id"))
            #expect(later.attribute("laterkey") == machine.attribute("key"))
            #expect(later.attribute("laterrunner") != order.attribute("runner"), "the runner was not started again")
        }

        private static func publish(in lab: Lab) async throws {
            let made = ProcessInfo.processInfo.environment["VMSHOP_E2E_DEBIAN_IMAGE"]
            let files = made ?? lab.directory + "/debian"
            try await Program.demand([Ground.root + "/scripts/debian-image", files], limit: 900)
            try await Program.demand([
                Ground.binaries + "/vmshop", "image", "publish", "debian", "--from", files, "--os", "debian",
                "--memory", "512MiB", "--guest", "cloud-init", "--warehouse", lab.warehouse,
            ])
        }
    }
}
