import Testing

/// Runs a test in a lab that holds nothing, and expects that it holds nothing afterwards: whatever a test has made and
/// not collected is collected first.
func inCleanLab(_ title: String, _ body: (Lab) async throws -> Void) async throws {
    let lab = try await LabRun.shared.lab()
    let clock = ContinuousClock()
    let began = clock.now
    report("\(title) …")
    do {
        try await body(lab)
        try await lab.collectAll()
        try await lab.expectNothing()
    } catch {
        for host in ["shop", "plant1", "plant2"] { report(try await lab("logs", host, "10")) }
        report("\(title): \(error)")
        try await LabRun.shared.discard()
        throw error
    }
    report("\(title): \(clock.now - began)")
}

extension Lab {
    /// Collects every machine, at the plants themselves.
    func collectAll() async throws {
        for plant in Plant.allCases {
            let answer = try await vmshop("collect", "--matching", "Memory > 0", "-o", "json", at: plant)
            guard answer.code == 0 else { throw Program.Failure(description: "\(plant): " + answer.text) }
        }
    }

    /// Expects that neither plant holds anything.
    func expectNothing(_ comment: String = "") async throws {
        for plant in Plant.allCases { try await expectNothing(on: plant, comment) }
    }

    /// Expects that a plant holds nothing; what a restarted plant has still to remove may take `seconds`.
    func expectNothing(on plant: Plant, _ comment: String = "", within seconds: Int = 0) async throws {
        var left = try await census(plant)
        let end = ContinuousClock.now + .seconds(seconds)
        while !left.isEmpty, .now < end {
            try await Task.sleep(for: .milliseconds(200))
            left = try await census(plant)
        }
        guard left.isEmpty else {
            throw Program.Failure(description: "\(comment) \(plant) still holds:\n  " + left.joined(separator: "\n  "))
        }
    }
}
