import CostModel
import ShopAPI
import Testing
import VMShopTesting

@Suite("vmshop plan", .serialized)
struct PlanCommandTests {
    private static let document = String(decoding: Documents.machine(actions: ["a", "b"]), as: UTF8.self)

    @Test("shows for each plant the image, each step with its time, and why")
    func plan() async throws {
        try await Office.run(2) { office in
            let run = try await office.vmshop("plan", "-", input: Self.document)
            #expect(run.exitCode == 0, "\(run.errors)")
            #expect(run.lines.filter { $0.contains("from image small, ready in 4.0 s") }.count == 2)
            #expect(run.lines.filter { $0.contains("it would be taken") }.count == 1)
            for step in ["clone  overlay", "start  until the guest reports", "a      run", "b      run"] {
                #expect(run.lines.filter { $0.hasPrefix(step) }.count == 2, "\(step)\n\(run.output)")
            }
            let json = try await office.vmshop("plan", "-", "-o", "json", input: Self.document)
            let estimate = try WireCoding.decode(Estimate.self, from: json.output.utf8)
            #expect(estimate.bids.map(\.plan.work.seconds).allSatisfy { $0 > 4 && $0 < 4.1 })
        }
    }

    @Test("says of an image, plant by plant, whether it would be taken and what stops it")
    func whyNot() async throws {
        try await Office.run(2) { office in
            let run = try await office.vmshop("plan", "-", "--why-not", "other", input: Self.document)
            #expect(run.exitCode == 0, "\(run.errors)")
            for plant in ["plant-1", "plant-2"] {
                #expect(
                    run.output.contains("\(plant): other would not be taken\n  because \(plant) has no image other")
                )
            }
        }
    }

    @Test("a plant that does not answer is named; without any plan the exit code is 75")
    func refusals() async throws {
        try await Office.run(1) { office in
            await office.plants[0].refuse(["no room"])
            let run = try await office.vmshop("plan", "-", input: Self.document)
            #expect(run.exitCode == 75)
            #expect(run.output.contains("no plant has a plan") && run.output.contains("no room"))
        }
    }
}
