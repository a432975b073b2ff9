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
        func
            `a Debian with cloud-init and nothing of ours becomes a machine, that an image, and that others, saved while it ran`()
            async throws
        {
            try await inCleanLab("stock image") { lab in
                try await Self.publish(in: lab)
                try await lab("stop", "plant1", "vmplant-server")
                try await lab.start(.plant1, pool: 600, settings: ["VMPLANT_TIMEOUTS_BOOT=900"])
                let first = try await Self.boot(in: lab)
                try await Self.wake(in: lab, unlike: first)
                try await lab.restart(.plant1)
                // The spare that it had goes after its start.
                try await lab.expectNothing(on: .plant1, "restarted without spares:", within: 20)
            }
        }

        /// A machine of the image as it is; an image is made of it, and it is collected.
        private static func boot(in lab: Lab) async throws -> SeenMachine {
            let id = MachineIDs.new()
            try await lab.beginWhenReady(Ground.document("stock-image.xml"), id: id, at: .plant1)
            let began = ContinuousClock.now
            let machine = try await lab.wait(for: "ready", of: id, at: .plant1, within: 1200)
            report("stock image, request to ready: \(ContinuousClock.now - began)")
            #expect(machine.attribute("distribution") == "debian")
            #expect(machine.attribute("bornhost")?.lowercased() == machine.resourceName)
            #expect(machine.attribute("instance") == id)
            #expect(machine.attribute("borncard") == machine.attribute("Mac"))
            #expect(machine.attribute("home") == "/home/alice")
            // Made at the first boot, so no two clones have the same.
            #expect(machine.attribute("keys") == "made")
            let made = try await lab.vmshop("image", "publish", "debian-made", "--from", id, at: .plant1)
            #expect(made.code == 0 && made.text.contains("published debian-made"), "\(made.text)")
            let known = try await lab.configure(id, Ground.document("stock-who-later.xml"), at: .plant1)
            try await lab.collect(id, at: .plant1)
            return known
        }

        /// Three machines of one memory, the last of them of a spare, which differ in everything by which somebody could take one
        /// for the other; the memory is that of a machine which stands on the first one's image.
        private static func wake(in lab: Lab, unlike first: SeenMachine) async throws {
            let order = [
                "image", "warm", "debian-made", "--as", "debian-saved", "--driver", "template", "--plant", "plant1",
            ]
            let made = try await lab.vmshop(order, limit: 1200)
            try #require(made.code == 0, "\(made.text)")
            let clock = ContinuousClock()
            let began = (clock.now, time(nil))
            var machines: [SeenMachine] = []
            for _ in 0..<2 {
                machines.append(try await lab.create(Ground.document("stock-who-am-i.xml"), at: .plant1))
            }
            report("stock image, two machines woken: \(clock.now - began.0)")
            try await lab.awaitSpare(at: .plant1, within: 240)
            let spare = clock.now
            machines.append(try await lab.create(Ground.document("stock-who-am-i.xml"), at: .plant1))
            report("stock image, a spare taken over: \(clock.now - spare)")
            #expect(try await lab.tookSpare(machines[2].id, at: .plant1))
            #expect(machines.allSatisfy { $0.actions.map(\.status) == ["reused", "reused", "done"] })
            machines.expectDifferent(["drawn", "boot", "host", "id", "key", "card", "Address"])
            machines.expectThemselves(madeSince: began.1)
            for (name, laterName) in [("id", "laterid"), ("key", "laterkey")] {
                let before = try #require(first.attribute(laterName))
                #expect(machines.allSatisfy { $0.attribute(name) != before }, "\(name) is the first machine's")
            }
            try await Self.startRunnerAgain(on: machines[2], lab)
            for machine in machines { try await lab.collect(machine.id, at: .plant1) }
            for image in ["debian-saved", "debian-made"] {
                let words = ["image", "remove", image, "--force", "--warehouse", lab.warehouse]
                let removed = try await lab.vmshop(words)
                #expect(removed.code == 0, "\(removed.text)")
            }
        }

        /// A runner that begins anew finds that the machine is what it was.
        private static func startRunnerAgain(on machine: SeenMachine, _ lab: Lab) async throws {
            let order = try await lab.configure(machine.id, Ground.document("stock-restart.xml"), at: .plant1)
            #expect(order.state == "ready")
            // An emulated systemd beside a spare that is being made takes long to stop a unit; what runs then is broken off.
            try await Task.sleep(for: .seconds(45))
            let later = try await lab.configure(machine.id, Ground.document("stock-who-later.xml"), at: .plant1)
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
