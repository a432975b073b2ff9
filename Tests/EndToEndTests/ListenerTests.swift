import Testing

extension EndToEnd {
    /// A shop that goes by what its plants tell: what they would bid, and how machines get on there.
    @Suite
    struct Listeners {
        @Test(.timeLimit(.minutes(3)))
        func `a shop that listens places machines and follows them, also one whose plant is killed meanwhile`()
            async throws
        {
            try await inCleanLab("a shop that listens") { lab in
                try await lab.withListeningShop {
                    let (file, first, second) = (Ground.document("one-action.xml"), MachineIDs.new(), MachineIDs.new())
                    let made = try await lab.vmshop("create", file, "--id", first)
                    #expect(made.code == 0, "\(made.text)")
                    for step in ["bids", "is asked to make it", "domain started", "action-finished", "ready"] {
                        #expect(made.text.contains(step), "\(step) is missing: \(made.text)")
                    }
                    #expect(made.text.split(separator: "domain started").count == 2, "told twice: \(made.text)")
                    let why = try await lab.vmshop("explain", first)
                    #expect(why.text.contains("by what the plants had told of themselves"), "\(why.text)")
                    async let creation = lab.vmshop("create", file, "--id", second)
                    try await Task.sleep(for: .milliseconds(1_500))
                    for plant in Lab.Plant.allCases { try await lab.kill(plant) }
                    for plant in Lab.Plant.allCases { try await lab.start(plant) }
                    let answer = try await creation
                    #expect(answer.code == 0, "\(answer.text)")
                    #expect(answer.text.contains("the plant was restarted"), "\(answer.text)")
                    for id in [first, second] {
                        #expect(try await lab.show(id).attribute("marked") == "true")
                        try await lab.collect(id)
                    }
                }
                try await lab.expectNothing("after a shop that listened,")
            }
        }
    }
}

extension Lab {
    /// Has the shop go by what plants tell, however few they are, as long as something is done.
    fileprivate func withListeningShop(_ body: () async throws -> Void) async throws {
        try await self("kill", "shop", "vmshop-server")
        try await self("start", "shop", "vmshop-server", "--env", "VMSHOP_BIDS_MODE=told")
        // A plant that is not heard yet is asked instead.
        try await Task.sleep(for: .seconds(2))
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try await self("kill", "shop", "vmshop-server")
        try await self("start", "shop", "vmshop-server")
        try result.get()
    }
}
