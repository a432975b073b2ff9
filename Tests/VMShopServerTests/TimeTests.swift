import Foundation
import Testing
import VMShopTesting

@Suite("time")
struct TimeTests {
    /// What asks the host, or has it wake somebody.
    private static let others = [
        "Task.sleep", "ContinuousClock.now", "Date()", "SuspendingClock", ".shuffled()", ".randomElement()",
    ]

    @Test(
        "services ask nobody for it but whom their site names, so that they can be tried in simulated time",
        arguments: ["VMShopServer", "MachineBook"]
    )
    func keeper(room: String) throws {
        let folder = SourceTree.path("Sources/\(room)")
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) where name.hasSuffix(".swift") {
            let bytes = FileManager.default.contents(atPath: folder + "/" + name) ?? Data()
            let text = String(decoding: bytes, as: UTF8.self)
            for other in Self.others { #expect(!text.contains(other), "\(name) asks \(other)") }
        }
    }
}
