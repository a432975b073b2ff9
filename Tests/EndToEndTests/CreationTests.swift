import Testing

extension EndToEnd {
    /// What a creation gives, and what one that fails leaves.
    @Suite
    struct Creations {
        @Test
        func `four machines at once on one plant share nothing`() async throws {
            try await inCleanLab("four at once") { lab in
                let machines = try await withThrowingTaskGroup(of: SeenMachine.self) { group in
                    for _ in 0..<4 { group.addTask { try await lab.create(Ground.sample("bare.xml"), at: .plant1) } }
                    return try await group.reduce(into: [SeenMachine]()) { $0.append($1) }
                }
                #expect(machines.allSatisfy { $0.state == "ready" })
                #expect(Set(machines.map(\.id)).count == 4)
                #expect(Set(machines.compactMap(\.address)).count == 4)
                #expect(Set(machines.compactMap { $0.attribute("Mac") }).count == 4)
                let held = try await lab.census(.plant1)
                for machine in machines {
                    for kind in ["domain", "qemu", "machine", "share"] {
                        #expect(held.contains("\(kind) \(machine.resourceName)"), "\(held)")
                    }
                    #expect(held.contains("disk \(machine.resourceName)/disk.qcow2"))
                }
                let exports = held.filter { $0.hasPrefix("export ") }
                #expect(exports.count == 4, "\(exports)")
                #expect(Set(exports.compactMap { $0.split(separator: " ").dropFirst().first }).count == 4, "\(exports)")
                #expect(held.filter { $0.hasPrefix("tap ") }.count == 4)
                // All belong to one client domain.
                #expect(held.filter { $0.hasPrefix("network ") }.count == 1)
            }
        }

        @Test
        func `a failing action fails the creation, shows its output, and leaves nothing`() async throws {
            try await inCleanLab("failing action") { lab in
                let answer = try await lab.vmshop("create", Ground.document("failing-action.xml"))
                #expect(answer.code == 1, "\(answer.text)")
                #expect(answer.output.contains("[action.failed]"), "\(answer.text)")
                #expect(answer.output.contains("the licence server refuses: code 17"), "\(answer.text)")
                #expect(answer.output.contains("`licence`"), "\(answer.text)")
                #expect(!answer.text.contains("never reached"))
                try await lab.expectNothing("after a creation that failed,")
            }
        }

        @Test
        func `a repeated creation is the same machine`() async throws {
            try await inCleanLab("repeated creation") { lab in
                let id = MachineIDs.new()
                let file = Ground.document("one-action.xml")
                for _ in 0..<3 {
                    let answer = try await lab.begin(file, id: id)
                    #expect(answer.code == 0, "\(answer.text)")
                }
                let answer = try await lab.vmshop("create", file, "--id", id)
                #expect(answer.code == 0, "\(answer.text)")
                let domains = try await lab.domains()
                #expect(domains == ["domain vms-\(id.lowercased())"])
                let other = try await lab.begin(Ground.sample("bare.xml"), id: id)
                #expect(other.code == 73, "another document under the same id: \(other.text)")
                try await lab.collect(id)
                let late = try await lab.begin(file, id: id)
                #expect(late.code != 0, "a creation after the collection: \(late.text)")
            }
        }
    }
}

extension Lab {
    /// The domains of both plants, as the census tells them.
    func domains() async throws -> [String] {
        var found: [String] = []
        for plant in Plant.allCases { found += try await census(plant).filter { $0.hasPrefix("domain ") } }
        return found
    }
}
