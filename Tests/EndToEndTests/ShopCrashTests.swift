import SeededRandom
import Testing

extension EndToEnd {
    /// A shop that is killed at any instant goes on where it was: one machine, told truly, collected when asked.
    @Suite
    struct ShopCrashes {
        @Test(.timeLimit(.minutes(5)))
        func `killed at random instants, a shop makes one machine and collects it`() async throws {
            try await inCleanLab("shop kills") { lab in
                var random = SeededGenerator(seed: 20_261_122)
                for round in 1...8 {
                    let id = MachineIDs.new()
                    // The first rounds kill it in the moments in which it asks, chooses and tells; the others later.
                    let creating = Duration.milliseconds(Int.random(in: 0...(round <= 5 ? 500 : 4000), using: &random))
                    let collecting = Duration.milliseconds(Int.random(in: 0...200, using: &random))
                    report("  round \(round): killed \(creating) into the creation, \(collecting) into the collection")
                    try await Self.create(id, killedAfter: creating, in: lab)
                    let domains = try await lab.domains()
                    #expect(domains == ["domain vms-\(id.lowercased())"], "round \(round)")
                    async let collection = lab.vmshop("collect", id)
                    try await Task.sleep(for: collecting)
                    try await lab.killShop()
                    _ = try await collection
                    try await lab.startShop()
                    try await lab.collect(id)
                    try await lab.expectNothing("round \(round):")
                }
            }
        }

        @Test(.timeLimit(.minutes(3)))
        func `shop and plants killed together, who asks again has one machine and each time the same answer`()
            async throws
        {
            try await inCleanLab("all killed") { lab in
                let (id, file) = (MachineIDs.new(), Ground.document("one-action.xml"))
                async let first = lab.begin(file, id: id)
                try await Task.sleep(for: .milliseconds(900))
                try await lab.killShop()
                for plant in Lab.Plant.allCases { try await lab.kill(plant) }
                _ = try await first
                for plant in Lab.Plant.allCases { try await lab.start(plant) }
                try await lab.startShop()
                var answers: [String] = []
                for _ in 0..<3 {
                    let answer = try await lab.vmshop("create", file, "--id", id, "--output", "json")
                    #expect(answer.code == 0, "\(answer.text)")
                    answers.append(answer.output)
                }
                #expect(Set(answers).count == 1, "\(answers)")
                #expect(try await lab.domains() == ["domain vms-\(id.lowercased())"])
                #expect(try await lab.show(id).attribute("marked") == "true")
                try await lab.collect(id)
                try await lab.expectNothing("after all were killed,")
            }
        }

        /// The client repeats its call with the same id, as a client does whose call was not answered.
        private static func create(_ id: String, killedAfter delay: Duration, in lab: Lab) async throws {
            let file = Ground.document("one-action.xml")
            async let first = lab.begin(file, id: id)
            try await Task.sleep(for: delay)
            try await lab.killShop()
            _ = try await first
            try await lab.startShop()
            let answer = try await lab.vmshop("create", file, "--id", id, "--output", "json")
            #expect(answer.code == 0, "\(answer.text)")
            let machine = try await lab.show(id)
            #expect(machine.state == "ready")
            #expect(machine.attribute("marked") == "true")
        }
    }
}

extension Lab {
    fileprivate func killShop() async throws { try await self("kill", "shop", "vmshop-server") }
    fileprivate func startShop() async throws { try await self("start", "shop", "vmshop-server") }
}
