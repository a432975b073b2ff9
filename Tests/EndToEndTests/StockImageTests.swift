import FoundationEssentials
import Testing

extension EndToEnd {
    /// A distributor's image, as it is: the seed disk brings all that it lacks.
    @Suite
    struct StockImages {
        /// Debian's packages make the image (`VMSHOP_E2E_DEBIAN_IMAGE` names one that `scripts/debian-image` has made
        /// before). An emulated systemd takes minutes to start, so the plant is told to be patient.
        @Test(.timeLimit(.minutes(30)))
        func `a Debian with cloud-init and nothing of ours becomes a machine`() async throws {
            try await inCleanLab("stock image") { lab in
                try await Self.publish(in: lab)
                try await lab("stop", "plant1", "vmplant-server")
                try await lab("start", "plant1", "vmplant-server", "--env", "VMPLANT_TIMEOUTS_BOOT=900")
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
                try await lab.collect(id, at: .plant1)
                try await lab.restart(.plant1)
            }
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
