import FoundationEssentials

@testable import Hypervisor

/// Worlds of libvirt's test driver.
enum TestDriverWorld {
    /// Runs a test in a world of its own.
    static func run(_ test: (LibvirtHypervisor) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "vmshop-node-\(UUID().uuidString).xml").path
        try "<node></node>".write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await test(try await LibvirtHypervisor.open(uri: "test://\(path)", plant: "p1"))
    }

    /// A domain with everything, and no UUID of its own.
    static var spec: DomainSpec {
        var spec = DomainDocumentTests.full
        spec.uuid = nil
        return spec
    }
}
