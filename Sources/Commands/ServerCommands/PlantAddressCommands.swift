public import ArgumentParser
import FoundationEssentials
import Glibc
import ServerSettings
import VMPlantServer

/// `vmplant-server addresses`.
public struct AddressesCommand: AsyncParsableCommand {
    /// The command's name and help.
    public static let configuration = CommandConfiguration(
        commandName: "addresses",
        abstract: "Look at the plant's address book; import and export the ip.txt of the first VMShop.",
        subcommands: [ListAddresses.self, ImportAddresses.self, ExportAddresses.self],
        defaultSubcommand: ListAddresses.self
    )

    /// The command as it is before its arguments are read.
    public init() {}
}

/// Which plant's book is meant.
struct PlantBookOptions: ParsableArguments {
    @Option(help: "The YAML file of the plant's settings (default: config/vmplant.yaml or /etc/vmshop/vmplant.yaml).")
    var config: String?

    @Option(help: ArgumentHelp("A setting, over the file's.", valueName: "key=value"))
    var set: [String] = []

    func withBook(_ body: (PlantAddresses) async throws -> Void) async throws {
        try await ServerLog.reportingFailure {
            let reader = try await SettingsSources.plant(flags: set, file: config).reader()
            try await body(PlantAddresses(PlantSettings(reader)))
        }
    }
}

struct ListAddresses: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the addresses that machines have."
    )

    @OptionGroup var book: PlantBookOptions

    func run() async throws {
        try await book.withBook { book in
            let lent = try await book.lent()
            if lent.isEmpty { print("no address is lent") }
            for lease in lent {
                print(lease.address, lease.mac, lease.network, lease.domain, lease.machine, lease.share)
            }
        }
    }
}

struct ImportAddresses: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take the addresses of an ip.txt (eight fields a line) as those that machines get from now on."
    )

    @Argument(help: "The file.")
    var file: String

    @OptionGroup var book: PlantBookOptions

    func run() async throws {
        try await book.withBook { book in
            guard access(file, R_OK) == 0 else { throw UnreadableFile(path: file) }
            try await book.importIPFile(at: file)
            print("imported \(file)")
        }
    }
}

struct ExportAddresses: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the imported addresses as an ip.txt; its last field says which machine has one."
    )

    @OptionGroup var book: PlantBookOptions

    func run() async throws {
        try await book.withBook { print(try await $0.exportIPFile(), terminator: "") }
    }
}
