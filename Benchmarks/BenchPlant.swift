import FoundationEssentials
import Logging
import ServerSettings
import ShopAPI
import VMPlantServer

/// A plant in this process, on libvirt's test driver, with a book of its own.
enum BenchPlant {
    /// Runs a plant until the body ends.
    ///
    /// - Parameters:
    ///   - name: What it is called; its book is in a folder of that name.
    ///   - folder: Where that folder is.
    ///   - warehouse: Where its images are.
    ///   - settings: Further settings, `key=value`.
    ///   - body: What is done with it; it gets the plant and its address.
    /// - Returns: What the body answers.
    /// - Throws: What the body throws, and what keeps a plant from starting.
    static func run<Value: Sendable>(
        _ name: String = "bench",
        in folder: ScratchFolder,
        warehouse: String,
        _ settings: [String] = [],
        _ body: @Sendable (any MachineService, _ url: String) async throws -> Value
    ) async throws -> Value {
        let node = folder(name + ".xml")
        try Data("<node></node>".utf8).write(to: URL(filePath: node))
        let own = [
            "name=" + name, "http.port=0", "state.directory=" + folder(name + "-state"), "nfs.server=none",
            "hypervisor.uri=test://" + node, "warehouse.directory=" + warehouse, "network.filter=false",
        ]
        let sources = SettingsSources(
            flags: own + settings,
            file: nil,
            defaultFiles: [],
            environmentPrefix: "vmshop-bench"
        )
        var logger = Logger(label: "bench")
        logger.logLevel = .critical
        let service = try await PlantService.open(PlantSettings(await sources.reader()), logger: logger)
        let (ports, running) = AsyncStream.makeStream(of: Int.self)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run { running.yield($0) } }
            var port = 0
            for await number in ports {
                port = number
                break
            }
            while try await !service.service.status().isReady { try await Task.sleep(for: .milliseconds(50)) }
            let value = try await body(service.service, "http://127.0.0.1:\(port)")
            group.cancelAll()
            while let _ = try? await group.next() {}
            return value
        }
    }
}
