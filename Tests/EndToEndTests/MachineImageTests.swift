import Testing

extension EndToEnd {
    /// Images that are made of machines.
    @Suite
    struct MachineImages {
        @Test(.timeLimit(.minutes(3)))
        func `what a running machine was made to be is an image, and others begin from it`() async throws {
            try await inCleanLab("an image of a running machine") { lab in
                let first = try await lab.create(Ground.document("marked.xml"), at: .plant1)
                let words = ["image", "publish", "marked", "--from", first.id]
                for _ in 0..<2 {
                    // By the shop, which finds the machine at its plant.
                    let made = try await lab.vmshop(words)
                    #expect(made.code == 0 && made.text.contains("published marked"), "\(made.text)")
                }
                do {
                    let second = try await lab.create(Ground.document("marked-further.xml"), at: .plant1)
                    #expect(second.actions.map(\.status) == ["reused", "done"])
                    #expect(second.attribute("seen") == "hello")
                    #expect(second.attribute("Image") == "marked")
                    let machineID = try #require(second.attribute("id"))
                    #expect(
                        machineID.utf8.count == 33 && !machineID.hasSuffix("0123456789abcdef"),
                        "it is the first machine's"
                    )
                    #expect(second.attribute("key")?.utf8.count == 36 && second.attribute("rsa") == "gone", "old keys")
                    #expect(second.attribute("Address") != first.attribute("Address"))
                    let further = try await lab.configure(first.id, Ground.document("further-action.xml"), at: .plant1)
                    #expect(further.state == "ready", "the machine that stood still goes on")
                } catch {
                    try? await lab.collectAll()
                    try? await Self.removeImage(lab)
                    throw error
                }
                try await lab.collectAll()
                try await Self.removeImage(lab)
            }
        }

        @Test(.timeLimit(.minutes(3)))
        func `a request that shares its first step with an earlier one has only the other step run`() async throws {
            try await inCleanLab("an image between two actions") { lab in
                let first = try await lab.create(Ground.document("kept-first.xml"), at: .plant1)
                #expect(first.actions.map(\.status) == ["done", "done"])
                let second = try await lab.create(Ground.document("kept-second.xml"), at: .plant1)
                #expect(second.actions.map(\.status) == ["reused", "done"])
                let image = try #require(second.attribute("Image"))
                #expect(image.hasPrefix("small.cp-"))
                // The first step was done by another machine, and before what that did later.
                #expect(second.attribute("builder")?.count == 36)
                #expect(second.attribute("builder") != second.attribute("boot"))
                try await lab.collectAll()
                try await Self.removeImage(lab, image)
            }
        }

        private static func removeImage(_ lab: Lab, _ name: String = "marked") async throws {
            let answer = try await lab.vmshop("image", "remove", name, "--force", "--warehouse", lab.warehouse)
            #expect(answer.code == 0, "\(answer.text)")
        }
    }
}
