import FoundationEssentials
import Glibc

/// The hosts of one run, driven by `scripts/lab`.
struct Lab: Sendable {
    /// A host that carries machines.
    enum Plant: String, Sendable, CaseIterable {
        case plant1, plant2

        /// Where its service is reached from the shop's host.
        var url: String { self == .plant1 ? "http://10.66.0.11:8101" : "http://10.66.0.12:8101" }
    }

    let id: String
    /// Everything the lab writes is below it.
    let directory: String

    var warehouse: String { directory + "/warehouse" }

    /// Runs `scripts/lab` on this lab; it has to succeed.
    @discardableResult
    func callAsFunction(_ command: String, _ words: String...) async throws -> String {
        try await Program.demand([Ground.root + "/scripts/lab", command, "--id", id] + words, limit: 60)
    }

    /// Runs `vmshop` on the shop's host, whatever comes of it; with `at`, it speaks to that plant.
    func vmshop(_ words: String..., at plant: Plant? = nil) async throws -> Program.Answer {
        try await vmshop(words, at: plant)
    }

    func vmshop(_ words: [String], at plant: Plant? = nil, limit: Int = 180) async throws -> Program.Answer {
        let place = plant.map { ["--url", $0.url] } ?? []
        let enter = [Ground.root + "/scripts/lab", "exec", "--id", id, "shop", Ground.binaries + "/vmshop"]
        return try await Program.run(enter + words + place, limit: limit)
    }

    /// What VMShop holds on a plant.
    func census(_ plant: Plant) async throws -> [String] {
        try await self("census", plant.rawValue).split(separator: "\n").map(String.init)
    }

    /// The id of a host's process; nil when it does not run.
    func process(_ name: String, of host: String) async throws -> pid_t? {
        struct Status: Decodable {
            struct Process: Decodable { var host: String, process: String, state: String, pid: pid_t? }
            var processes: [Process]
        }
        let text = try await self("status", "--json")
        let status = try JSONDecoder().decode(Status.self, from: Data(text.utf8))
        return status.processes.first { $0.host == host && $0.process == name }?.pid
    }
}

/// Asks again and again until the answer is not nil.
///
/// - Throws: ``Program/Failure`` with `what` when `limit` seconds are over.
func eventually<Value>(
    _ what: String,
    within limit: Int,
    every pause: Duration = .milliseconds(100),
    _ answer: () async throws -> Value?
) async throws -> Value {
    let end = ContinuousClock.now + .seconds(limit)
    while true {
        if let value = try await answer() { return value }
        guard .now < end else { throw Program.Failure(description: "not within \(limit) s: \(what)") }
        try await Task.sleep(for: pause)
    }
}
