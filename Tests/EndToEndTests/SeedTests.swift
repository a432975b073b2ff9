import Testing

extension EndToEnd {
    /// The seed disk of images with cloud-init.
    @Suite
    struct Seeds {
        /// The small image stands in for one with cloud-init: it has the runner of its own, so what is seen here is that
        /// the seed reaches the guest whole, not that cloud-init acts on it.
        @Test(.timeLimit(.minutes(3)))
        func `a guest reads who it is from its seed disk`() async throws {
            try await inCleanLab("seed disk") { lab in
                let machine = try await lab.create(Ground.document("seeded.xml"))
                #expect(machine.attribute("label")?.lowercased() == "cidata")
                #expect(machine.attribute("instance") == machine.id)
                #expect(machine.attribute("card") == machine.attribute("Mac"))
                #expect(machine.attribute("kind") == "cloud-config")
                #expect(machine.attribute("carried")?.count == 64)
                #expect(machine.attribute("carried") == machine.attribute("running"))
            }
        }
    }
}
