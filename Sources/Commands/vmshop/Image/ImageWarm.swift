public import ArgumentParser
import DAGModel
public import ShopAPI

/// `vmshop image warm`.
struct ImageWarm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "warm",
        abstract: "Make a warm image of a cold one: its machines wake up instead of booting.",
        discussion: """
            A plant starts the image without a network card, waits until its guest runner waits for one, saves disk and \
            memory, and publishes them as an image of their own. Machines with just this memory and these processors are made \
            of it from then on, where a request lets them. It wakes up only under the hypervisor that it was saved by.
            """
    )

    @Argument(help: "The image that is started.")
    var name: String

    @Option(name: .customLong("as"), help: "The new image's name (default: NAME-warm).")
    var newName: String?

    @Option(help: "The memory of its machines, 256MiB say (default: what the image needs, or the plant's default).")
    var memory: String?

    @Option(help: "The processors of its machines (default: 1).")
    var cpus: Int?

    @Option(help: "restore: each machine reads the memory; template: they share it (default: the best the plant can).")
    var driver: WarmOrder.Kind?

    @Option(help: "The plant that makes it (default: the first of the shop's that is ready).")
    var plant: String?

    @Flag(help: "Replace the image of the new name, if there is one.")
    var replace = false

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let order = try order()
        let done = try await service.withClient { client in
            var last = ""
            while true {
                let progress = try await client.warm(order)
                if progress.digest != nil { return progress }
                if progress.step != last { Terminal.note("\(progress.plant): \(progress.step)") }
                last = progress.step
            }
        }
        try output.print(done, root: "image") { "\(done.name) is there, made by \(done.plant), \(done.digest ?? "-")" }
    }

    private func order() throws -> WarmOrder {
        let bytes = try memory.map { text in
            guard let bytes = ByteCount(text) else {
                throw ValidationError("--memory wants a size such as 256MiB, not `\(text)`")
            }
            return bytes.bytes
        }
        if let cpus, !(1...1024).contains(cpus) { throw ValidationError("--cpus wants 1 to 1024, not \(cpus)") }
        return WarmOrder(
            image: name,
            name: newName,
            memory: bytes,
            cpus: cpus,
            kind: driver,
            plant: plant,
            replace: replace
        )
    }
}

extension WarmOrder.Kind: ExpressibleByArgument {}
