import Testing

extension EndToEnd {
    /// libvirtd and Ganesha may die under running machines.
    @Suite
    struct HostServices {
        @Test(.timeLimit(.minutes(3)))
        func `a machine outlives libvirtd`() async throws {
            try await inCleanLab("libvirtd killed") { lab in
                let machine = try await lab.create(Ground.document("one-action.xml"), at: .plant1)
                try await lab("kill", "plant1", "libvirtd")
                // The guest goes on, and so does what needs no libvirtd.
                let held = try await lab.census(.plant1)
                #expect(held.contains("qemu \(machine.resourceName)"))
                #expect(held.contains { $0.hasPrefix("unknown domains") }, "libvirtd is gone")
                let during = try await lab.show(machine.id, at: .plant1)
                #expect(during.state == "ready")
                try await lab("start", "plant1", "libvirtd")
                let further = try await lab.configureWhenReady(machine.id, Ground.document("further-action.xml"))
                #expect(further.attribute("furthered") == "true")
                try await lab.collect(machine.id, at: .plant1)
                try await lab.expectNothing(on: .plant1)
                let next = try await lab.createWhenReady(Ground.sample("bare.xml"), at: .plant1)
                #expect(next.state == "ready")
            }
        }

        @Test(.timeLimit(.minutes(3)))
        func `an action outlives the file server`() async throws {
            try await inCleanLab("ganesha killed during an action") { lab in
                let machine = try await lab.create(Ground.document("one-action.xml"), at: .plant1)
                async let slow = lab.configure(machine.id, Ground.document("slow-action.xml"), at: .plant1)
                try await Task.sleep(for: .seconds(2))
                try await lab("kill", "plant1", "ganesha")
                try await Task.sleep(for: .seconds(1))
                try await lab("start", "plant1", "ganesha")
                let slowed = try await slow
                #expect(slowed.attribute("slept") == "4")
            }
        }

        @Test(.timeLimit(.minutes(4)))
        func `an export that was lost is put back`() async throws {
            try await inCleanLab("exports lost") { lab in
                let machine = try await lab.create(Ground.document("one-action.xml"), at: .plant1)
                let before = try await lab.exports(.plant1)
                #expect(before.count == 1)
                try await Program.demand(["find", lab.directory + "/plant1/exports", "-name", "*.conf", "-delete"])
                try await lab("kill", "plant1", "ganesha")
                try await lab("start", "plant1", "ganesha")
                let clock = ContinuousClock()
                let began = clock.now
                let after = try await eventually("the export is back", within: 40) {
                    let exports = try await lab.exports(.plant1)
                    return exports.isEmpty ? nil : exports
                }
                report("  the export is back after \(clock.now - began)")
                #expect(after == before)
                let further = try await lab.configure(machine.id, Ground.document("further-action.xml"), at: .plant1)
                #expect(further.attribute("furthered") == "true")
            }
        }

        @Test(.timeLimit(.minutes(3)))
        func `a machine whose emulator dies is said to be stopped, and can be collected`() async throws {
            try await inCleanLab("QEMU killed") { lab in
                let machine = try await lab.create(Ground.sample("bare.xml"), at: .plant1)
                try await lab("kill", "plant1", "qemu:\(machine.resourceName)")
                let clock = ContinuousClock()
                let began = clock.now
                let stopped = try await lab.wait(for: "stopped", of: machine.id, at: .plant1, within: 40)
                report("  seen after \(clock.now - began)")
                #expect(stopped.error?.code == "machine.lost")
            }
        }
    }
}

extension Lab {
    fileprivate func exports(_ plant: Plant) async throws -> [String] {
        try await census(plant).filter { $0.hasPrefix("export ") }
    }

    /// A plant takes no work until it has seen that its host is well again.
    fileprivate func configureWhenReady(_ id: String, _ file: String) async throws -> SeenMachine {
        try await eventually("plant1 configures", within: 40, every: .seconds(1)) {
            try? await configure(id, file, at: .plant1)
        }
    }

    fileprivate func createWhenReady(_ file: String, at plant: Plant) async throws -> SeenMachine {
        let id = MachineIDs.new()
        try await beginWhenReady(file, id: id, at: plant)
        return try await wait(for: "ready", of: id, at: plant)
    }
}
