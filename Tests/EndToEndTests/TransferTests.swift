import FoundationEssentials
import Testing

extension EndToEnd {
    /// A plant with a warehouse of its own, which gets its images from the other plant.
    @Suite
    struct Transfers {
        private static let document = Ground.document("wide.xml")
        /// What the image is filled with, so that it takes a while.
        private static let filling = 256 << 20

        @Test(.timeLimit(.minutes(5)))
        func `an image that only the other plant has comes, though both plants die meanwhile`() async throws {
            try await inCleanLab("an image comes from the other plant") { lab in
                let own = lab.directory + "/own-warehouse"
                try await Self.publish(in: lab)
                try await lab("stop", "plant2", "vmplant-server")
                try await Self.start(lab, own, killedAt: "fetch-part")
                let machines = [MachineIDs.new(), MachineIDs.new()]
                try await lab.beginWhenReady(Self.document, id: machines[0], at: .plant2)
                try await lab.awaitDeath(.plant2, at: "fetch-part")
                try await Self.start(lab, own)
                try await lab.beginWhenReady(Self.document, id: machines[1], at: .plant2)
                try await Self.interruptSource(lab, own)
                for id in machines {
                    let machine = try await lab.wait(for: "ready", of: id, at: .plant2)
                    #expect(machine.attribute("marked") == "true")
                }
                let verified = try await lab.vmshop("image", "verify", "wide", "--warehouse", own)
                #expect(verified.code == 0, "\(verified.text)")
                #expect(Self.received(own) == 0, "nothing is left of what was on its way")
                for id in machines { try await lab.collect(id, at: .plant2) }
                try await Self.fetchAhead(lab, own)
                for plant in Lab.Plant.allCases { try await lab.restart(plant) }
                let removed = try await lab.vmshop("image", "remove", "wide", "--force", "--warehouse", lab.warehouse)
                #expect(removed.code == 0, "\(removed.text)")
                try FileManager.default.removeItem(atPath: own)
            }
        }

        /// The source falls silent in the middle, then dies, and is started anew.
        private static func interruptSource(_ lab: Lab, _ own: String) async throws {
            let before = received(own)
            _ = try await eventually("more of the image has come", within: 30, every: .milliseconds(10)) {
                received(own) > before + (16 << 20) ? true : nil
            }
            try await lab("kill", "plant1", "vmplant-server", "STOP")
            let atPause = received(own)
            #expect(atPause > before && atPause < filling, "it came before it could be interrupted: \(atPause) bytes")
            try await Task.sleep(for: .seconds(2))
            try await lab.kill(.plant1)
            try await lab.start(.plant1)
            report("  interrupted at \(before >> 20) and \(atPause >> 20) MiB")
        }

        /// By the shop, which knows where the plant is.
        private static func fetchAhead(_ lab: Lab, _ own: String) async throws {
            let words = ["image", "fetch", "small", "--plant", "plant2"]
            for _ in 0..<2 {
                let fetched = try await eventually("plant2 is known to the shop again", within: 30) {
                    let answer = try await lab.vmshop(words)
                    return answer.text.contains("knows no plant") ? nil : answer
                }
                #expect(fetched.code == 0 && fetched.output.contains("small is at plant2"), "\(fetched.text)")
            }
            let verified = try await lab.vmshop("image", "verify", "small", "--warehouse", own)
            #expect(verified.code == 0, "\(verified.text)")
            let unknown = try await lab.vmshop("image", "fetch", "nobody-has-it", "--plant", "plant2")
            #expect(unknown.code != 0 && unknown.text.contains("no source offers an image"), "\(unknown.text)")
        }

        /// Bytes that have come of images on their way.
        private static func received(_ warehouse: String) -> Int {
            let folder = warehouse + "/.incoming"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return names.reduce(0) { sum, name in
                let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)
                return sum + ((attributes?[.size] as? Int) ?? 0)
            }
        }

        /// With its own warehouse, and the other plant to fetch from.
        private static func start(_ lab: Lab, _ own: String, killedAt point: String? = nil) async throws {
            let sources = "VMPLANT_WAREHOUSE_SOURCES=" + Lab.Plant.plant1.url
            try await lab.start(.plant2, killedAt: point, settings: ["VMPLANT_WAREHOUSE_DIRECTORY=" + own, sources])
        }

        /// The small image on a larger disk, which is full.
        private static func publish(in lab: Lab) async throws {
            let files = lab.directory + "/wide"
            try await Program.demand(["cp", "-r", lab.directory + "/image", files])
            let disk = files + "/disk.qcow2"
            try await Program.demand(["qemu-img", "resize", "-q", disk, "1G"])
            let write = "write -q -P 0x5a \(1 << 29) \(filling)"
            try await Program.demand(["qemu-io", "-f", "qcow2", "-c", write, disk], limit: 120)
            try await Program.demand(
                [
                    Ground.binaries + "/vmshop", "image", "publish", "wide", "--from", files, "--os", "linux",
                    "--memory", "96MiB", "--warehouse", lab.warehouse,
                ],
                limit: 180
            )
        }
    }
}
