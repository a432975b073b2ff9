import ArgumentParser
import DAGModel
import Warehouse

/// `vmshop image list`.
struct ImageList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the images; those that cannot be used with the reason."
    )

    @OptionGroup var warehouse: WarehouseOptions
    @OptionGroup var output: OutputOptions

    /// An image as it is listed.
    struct Entry: Encodable {
        var name: String
        var source: String
        var manifest: ImageManifest?
        var problem: String?
    }

    func run() async throws {
        let entries = try await warehouse.withExistingWarehouse { try await $0.images() }.map { listing in
            switch listing.state {
            case .usable(let image):
                Entry(name: listing.name, source: listing.source.description, manifest: image.manifest)
            case .unusable(let reason):
                Entry(name: listing.name, source: listing.source.description, problem: reason)
            }
        }
        try output.print(entries, root: "images") { text(entries) }
    }

    private func text(_ entries: [Entry]) -> String {
        guard !entries.isEmpty else { return "no images" }
        var table = Table("name", "format", "size", "guest", "actions", "os", "source", "remark")
        for entry in entries {
            let manifest = entry.manifest
            table.add(
                entry.name,
                manifest?.disk.format.rawValue ?? "-",
                manifest.map { ByteCount(bytes: $0.disk.virtualSize).description } ?? "-",
                manifest?.guest.rawValue ?? "-",
                manifest.map { String($0.history.count) } ?? "-",
                manifest?.operatingSystem ?? "-",
                entry.source,
                entry.problem.map { "unusable: " + $0 } ?? ""
            )
        }
        return table.text
    }
}

/// `vmshop image show`.
struct ImageShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show an image: files, digests, hardware, history."
    )

    @Argument(help: "The image's name.")
    var name: String

    @OptionGroup var warehouse: WarehouseOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let image = try await warehouse.withExistingWarehouse { try await $0.image(named: name) }
        try output.print(image.manifest, root: "image") { text(image) }
    }

    private func text(_ image: WarehouseImage) -> String {
        let manifest = image.manifest
        var table = Table("image", "")
        table.add("name", manifest.name)
        table.add("version", manifest.contentDigest)
        table.add("source", image.source.description)
        table.add("origin", manifest.origin?.rawValue ?? "installer")
        if let parent = manifest.parent { table.add("made from", parent.description) }
        table.add(
            "disk",
            "\(image.diskPath) (\(manifest.disk.format.rawValue), \(ByteCount(bytes: manifest.disk.virtualSize)))"
        )
        table.add("digest", manifest.disk.digest)
        for layer in manifest.disk.layers { table.add("stands on", "\(layer.image), \(layer.path)") }
        if let memory = manifest.memory {
            let host = memory.host
            table.add("wakes with", "\(memory.memory) of memory, \(memory.cpus) processors, by \(memory.kind.rawValue)")
            table.add("saved by", "QEMU \(host.hypervisor), \(host.accelerator), \(host.machine), \(host.processor)")
        }
        if let boot = manifest.boot {
            table.add("kernel", "\(image.kernelPath ?? "-") \(boot.kernel.digest)")
            table.add("command line", boot.commandLine)
        }
        table.add("architecture", manifest.hardware.architecture)
        table.add("memory", manifest.hardware.minimumMemory.map { "at least \($0)" } ?? "-")
        table.add("os", manifest.operatingSystem ?? "-")
        table.add("guest", manifest.guest.rawValue)
        if let description = manifest.description { table.add("description", description) }
        guard !manifest.history.isEmpty else { return table.text + "\n\nno actions were done on it" }
        var history = Table("action done", "operation", "key")
        for action in manifest.history { history.add(action.action, action.operation ?? "-", action.key.hex) }
        return table.text + "\n\n" + history.text
    }
}
