import Glibc
import Testing

extension EndToEnd {
    /// Machines that wake up from one saved memory.
    @Suite
    struct Waking {
        @Test(.timeLimit(.minutes(3)), arguments: ["restore", "template"])
        func `machines that wake up from one memory are different machines before their first action`(
            driver: String
        ) async throws {
            try await inCleanLab("waking by \(driver)") { lab in
                for _ in 0..<2 {
                    let made = try await lab.vmshop(
                        ["image", "warm", "small", "--as", "small-saved", "--driver", driver, "--plant", "plant1"]
                    )
                    #expect(made.code == 0, "\(made.text)")
                }
                try await lab.expectNothing(on: .plant1, "after the image was saved,")
                do {
                    try await Self.compare(lab)
                } catch {
                    try? await Self.removeImage(lab)
                    throw error
                }
                try await lab.collectAll()
                try await Self.removeImage(lab)
            }
        }

        /// Makes two machines at once, some seconds after they were saved: a clock that nobody sets is late by these.
        private static func compare(_ lab: Lab) async throws {
            try await Task.sleep(for: .seconds(4))
            let began = time(nil)
            let machines = try await withThrowingTaskGroup(of: SeenMachine.self) { group in
                for _ in 0..<2 { group.addTask { try await lab.create(Ground.document("who-am-i.xml"), at: .plant1) } }
                return try await group.reduce(into: [SeenMachine]()) { $0.append($1) }
            }
            machines.expectDifferent(["drawn", "uuid", "boot", "host", "card", "client", "share", "Address", "Mac"])
            machines.expectThemselves(madeSince: began)
        }

        private static func removeImage(_ lab: Lab) async throws {
            let words = ["image", "remove", "small-saved", "--force", "--warehouse", lab.warehouse]
            let answer = try await lab.vmshop(words)
            #expect(answer.code == 0, "\(answer.text)")
        }
    }
}
