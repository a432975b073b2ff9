public import ArgumentParser
import DAGModel
import FoundationEssentials
public import Warehouse

/// `vmshop image publish`.
struct ImagePublish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Publish a disk file as an image, under a unique name.",
        discussion: """
            The file is copied into the warehouse and appears there whole or not at all. Its format is what you say, never \
            what the file says. With --from DIRECTORY, the output of guest/build-image is published as it is; with --from \
            MACHINE, its plant makes an image of its disk, with what was done to it as history.
            """
    )

    @Argument(help: "The image's name: a-z 0-9 . _ -, beginning with a letter or digit.")
    var name: String

    @Option(help: "A directory as guest/build-image makes it, or a machine: its id, the beginning of it, or its name.")
    var from: String?

    @Option(help: "The disk file.")
    var disk: String?

    @Option(help: "The disk's format: qcow2 or raw.")
    var format: ImageFormat = .qcow2

    @Option(help: "A kernel to start directly, without boot loader.")
    var kernel: String?

    @Option(help: "The initial RAM disk that goes with the kernel.")
    var initrd: String?

    @Option(help: "The kernel's command line.")
    var commandLine: String?

    @Option(help: "What configures the guest: runner (vmshop-guest is in the image) or cloud-init.")
    var guest: GuestKind = .runner

    @Option(help: "The least memory a machine of the image needs, 128MiB say.")
    var memory: String?

    @Option(help: "The architecture.")
    var architecture = "x86_64"

    @Option(help: "The operating system, for queries.")
    var os: String?

    @Option(help: "A sentence about the image.")
    var description: String?

    @Option(help: "A request document whose actions, in its order, were done on the image.")
    var history: String?

    @Option(
        help: ArgumentHelp(
            "What an action of --history published, when the image was made; repeat it for more.",
            valueName: "action.name=value"
        )
    )
    var published: [String] = []

    @Flag(help: "Replace the image of that name, if there is one; machines keep the version that they stand on.")
    var replace = false

    @Flag(help: "Keep the version that is replaced, so that `image rollback` can return to it.")
    var keepReplaced = false

    @Flag(help: "Delete the replaced version without asking the shop; disks of machines lose what they stand on.")
    var force = false

    @Flag(help: "Publish it without looking into the disk for what machines need.")
    var unchecked = false

    @OptionGroup var service: ServiceOptions
    @OptionGroup var warehouse: WarehouseOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        if let from, disk == nil, !ImageOfMachine.isDirectory(from) {
            return try await ImageOfMachine(machine: from, name: name, replace: replace).publish(service, output)
        }
        let draft = try draft()
        // Asked after the replacement; the old version stays where the shop cannot be asked.
        let users: Warehouse.UseCheck = { [force, service] name in
            force ? [] : try await ImageUsers.machines(on: name, service)
        }
        let manifest = try await warehouse.withWarehouse(inUse: users) {
            try await checkRequirements(of: draft)
            return try await $0.publish(
                draft,
                replace: replace,
                keepReplaced: keepReplaced,
                progress: FileProgress.handler(quiet: output.output != .table)
            )
        }
        try output.print(manifest, root: "image") { "published \(manifest.name), \(manifest.disk.digest)" }
    }

    private func draft() throws -> ImageDraft {
        guard let disk = disk ?? from.map({ $0 + "/disk.qcow2" }) else {
            throw ValidationError("say --disk FILE or --from DIRECTORY")
        }
        let minimum = try memory.map { text in
            guard let bytes = ByteCount(text) else {
                throw ValidationError("--memory wants a size such as 128MiB, not `\(text)`")
            }
            return bytes
        }
        return ImageDraft(
            name: name,
            disk: WarehouseOptions.absolute(disk),
            format: format,
            boot: try boot(),
            hardware: ImageHardware(minimumMemory: minimum, architecture: architecture),
            operatingSystem: os,
            guest: guest,
            history: try performed(),
            description: description
        )
    }

    private func boot() throws -> ImageDraft.Boot? {
        guard let kernel = kernel ?? from.map({ $0 + "/vmlinuz" }) else { return nil }
        let line =
            try commandLine
            ?? from.map { directory in
                String(decoding: try DocumentFile.read(directory + "/cmdline"), as: UTF8.self).filter { !$0.isNewline }
            }
        return ImageDraft.Boot(
            kernel: WarehouseOptions.absolute(kernel),
            initrd: (initrd ?? from.map { $0 + "/initrd" }).map(WarehouseOptions.absolute),
            commandLine: line ?? ""
        )
    }
}

extension ImageFormat: ExpressibleByArgument {}
extension GuestKind: ExpressibleByArgument {
    /// As people write it: `runner` or `cloud-init`.
    public init?(argument: String) {
        guard let kind = Self.allCases.first(where: { $0.argument == argument }) else { return nil }
        self = kind
    }

    /// What the option takes.
    public static var allValueStrings: [String] { allCases.map(\.argument) }

    /// The default as help texts show it.
    public var defaultValueDescription: String { argument }

    private var argument: String {
        switch self {
        case .runner: "runner"
        case .cloudInit: "cloud-init"
        }
    }
}
