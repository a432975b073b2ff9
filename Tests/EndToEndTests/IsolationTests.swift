import FoundationEssentials
import Testing

extension EndToEnd {
    /// A guest reaches its own share, and nothing else.
    @Suite
    struct Isolation {
        @Test(.timeLimit(.minutes(4)))
        func `a guest reaches neither its neighbour nor the plant`() async throws {
            try await inCleanLab("isolation") { lab in
                async let first = lab.create(Ground.document("neighbour.xml"), at: .plant1)
                async let second = lab.create(Ground.sample("bare.xml"), at: .plant1)
                let (neighbour, intruder) = try await (first, second)
                #expect(neighbour.attribute("port") == "7000", "the neighbour listens")
                let address = try #require(neighbour.address)
                let probed = try await lab.configure(intruder.id, try Self.probe(address, in: lab), at: .plant1)
                // What works, so that what does not is not for want of trying.
                for what in ["own_share", "own_share_from_root", "own_port", "plant_ping", "plant_nfs"] {
                    #expect(probed.attribute(what) == "open", "\(what)")
                }
                for what in [
                    "neighbour_ping", "neighbour_port", "neighbour_share", "neighbour_share_from_root", "plant_service",
                    "plant_service_on_bridge", "shop_service", "stolen_share",
                ] {
                    #expect(probed.attribute(what) == "refused", "\(what)")
                }
                // The neighbour was not disturbed.
                let after = try await lab.configure(neighbour.id, Ground.document("further-action.xml"), at: .plant1)
                #expect(after.attribute("furthered") == "true")
            }
        }

        /// The clones of one image have one host name until an action changes it. An NFS server that took them for one
        /// client would end the session of each when the other comes.
        @Test(.timeLimit(.minutes(4)))
        func `clones of one image are clients of their own to the file server`() async throws {
            try await inCleanLab("two clients") { lab in
                let file = Ground.document("busy-share.xml")
                async let first = lab.create(file, at: .plant1)
                async let second = lab.create(file, at: .plant1)
                let made = try await [first, second]
                #expect(made[0].attribute("named") == made[1].attribute("named"))
                #expect(made[0].attribute("client") != made[1].attribute("client"))
                for machine in made {
                    #expect(machine.attribute("kept") == "400", "lines written through one open file")
                }
            }
        }

        /// The probing document with the neighbour's address in it.
        private static func probe(_ neighbour: String, in lab: Lab) throws -> String {
            let text = try Ground.text(Ground.document("intruder.xml")).replacing("NEIGHBOUR-ADDRESS", with: neighbour)
            let path = lab.directory + "/intruder.xml"
            try Data(text.utf8).write(to: URL(filePath: path))
            return path
        }
    }
}
