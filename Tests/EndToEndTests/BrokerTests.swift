import Testing

extension EndToEnd {
    /// Places that are kept, plants out of service, and leases, on real hosts.
    @Suite
    struct Broker {
        @Test
        func `a machine whose lease is over stands still, and goes on when it is extended`()
            async throws
        {
            try await inCleanLab("lease") { lab in
                let machine = try await lab.create(Ground.document("short-lease.xml"), at: .plant1)
                let resource = machine.resourceName
                _ = try await eventually("it stands still", within: 30) {
                    try await lab.show(machine.id).attribute("Paused") == "its lease is over" ? true : nil
                }
                #expect(try await lab.domainState(of: resource) == "paused")
                let refused = try await lab.vmshop("configure", machine.id, Ground.document("one-action.xml"))
                #expect(refused.code == 73 && refused.text.contains("vmshop lease"), "\(refused.text)")
                let extended = try await lab.vmshop("lease", machine.id, "1h")
                #expect(extended.code == 0, "\(extended.text)")
                #expect(try await lab.domainState(of: resource) == "running")
                // Its guest works again.
                let answer = try await lab.vmshop("configure", machine.id, Ground.document("one-action.xml"))
                #expect(answer.code == 0, "\(answer.text)")
                #expect(try await lab.vmshop("lease", machine.id, "1s").code == 0)
                _ = try await eventually("it stands still again", within: 30) {
                    try await lab.domainState(of: resource) == "paused" ? true : nil
                }
                let collected = try await lab.vmshop("collect", machine.id)
                #expect(collected.code == 0, "\(collected.text)")
                try await lab.expectNothing("after a machine that stood still,")
            }
        }

        @Test(.timeLimit(.minutes(4)))
        func `a machine in which nothing is done stands still, one that works goes on`() async throws {
            try await inCleanLab("idle") { lab in
                let busy = try await lab.create(Ground.document("busy.xml"), at: .plant1)
                let idle = try await lab.create(Ground.document("idle.xml"), at: .plant1)
                _ = try await eventually("the idle one stands still", within: 60) {
                    try await lab.show(idle.id).attribute("Paused") == "its lease is over" ? true : nil
                }
                #expect(try await lab.show(busy.id).attribute("Paused") == nil)
                #expect(try await lab.vmshop("lease", idle.id, "1h").code == 0)
                #expect(try await lab.show(idle.id).attribute("Paused") == nil)
                for machine in [busy, idle] { try await lab.collect(machine.id, at: .plant1) }
                try await lab.expectNothing(on: .plant1)
            }
        }

        @Test
        func `a gang is made whole on both plants, or not at all`() async throws {
            try await inCleanLab("gang") { lab in
                let (file, id) = (Ground.document("one-action.xml"), MachineIDs.new())
                let made = try await lab.vmshop(
                    "gang",
                    "create",
                    "-n",
                    "2",
                    file,
                    "--id",
                    id,
                    "--policy",
                    "least-loaded"
                )
                #expect(made.code == 0, "\(made.text)")
                let list = try await lab.vmshop("list")
                #expect(list.text.contains("plant1") && list.text.contains("plant2"), "\(list.text)")
                let large = try await lab.vmshop("gang", "create", "-n", "64", Ground.document("large.xml"))
                #expect(large.code == 75 && large.text.contains("memory"), "\(large.text)")
                let plants = try await lab.vmshop("plant", "list", "--output", "json").text
                #expect(plants.ranges(of: "\"reservations\" : \"0\"").count == 2, "places are still kept: \(plants)")
                let collected = try await lab.vmshop("gang", "collect", id)
                #expect(collected.code == 0, "\(collected.text)")
                #expect(try await lab.vmshop("list").text.contains("no machines"))
                try await lab.expectNothing("after a gang,")
            }
        }

        @Test
        func `a place is kept while its plant is cordoned, which is drained and takes machines again`() async throws {
            try await inCleanLab("reservation and drain") { lab in
                let (file, id) = (Ground.document("one-action.xml"), MachineIDs.new())
                let kept = try await lab.vmshop("reserve", file, "--id", id)
                #expect(kept.code == 0 && kept.text.contains("plant1"), "\(kept.text)")
                #expect(try await lab.vmshop("plant", "cordon", "plant1", "--reason", "new disks").code == 0)
                let other = try await lab.create(file, at: nil)
                #expect(other.plant == "plant2")
                let why = try await lab.vmshop("explain", other.id, "--why-not", "plant1")
                #expect(why.code == 0 && why.text.contains("it is cordoned since"), "\(why.text)")
                let taken = try await lab.vmshop("create", file, "--id", id, "--quiet")
                #expect(taken.code == 0, "\(taken.text)")
                #expect(try await lab.show(id).plant == "plant1")
                let list = try await lab.vmshop("plant", "list")
                #expect(list.text.contains("cordoned") && list.text.contains("new disks"), "\(list.text)")
                let drained = try await lab.vmshop("plant", "drain", "plant1", "--collect", "--timeout", "60")
                #expect(drained.code == 0, "\(drained.text)")
                try await lab.expectNothing(on: .plant1, "after it was drained,")
                #expect(try await lab.vmshop("plant", "uncordon", "plant1").code == 0)
                let back = try await lab.vmshop("create", file, "--policy", "first-fit", "--quiet")
                #expect(back.code == 0 && back.text.contains("plant1"), "\(back.text)")
            }
        }
    }
}

extension Lab {
    /// What libvirt says of a domain on the first plant.
    fileprivate func domainState(of name: String) async throws -> String {
        try await self("exec", "plant1", "virsh", "-q", "domstate", name)
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
