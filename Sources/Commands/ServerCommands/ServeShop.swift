public import ArgumentParser
import Logging
import ServerSettings
import VMShopServer

/// Runs the shop until it is told to stop (SIGTERM, SIGINT).
public struct ServeShop: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the shop.",
        discussion: """
            Settings come from --set, else the environment (VMSHOP_HTTP_PORT for http.port), else the YAML file, else \
            defaults; config/vmshop.yaml names them all.
            """
    )

    @Option(help: "The YAML file of settings (default: config/vmshop.yaml or /etc/vmshop/vmshop.yaml if there).")
    var config: String?

    @Option(help: ArgumentHelp("A setting, over the file's.", valueName: "key=value"))
    var set: [String] = []

    @Option(help: "What is logged: trace, debug, info, notice, warning, error.")
    var logLevel: String = "info"

    /// The command as it is before its arguments are read.
    public init() {}

    /// Does it.
    public func run() async throws {
        let logger = try ServerLog.logger("vmshop", level: logLevel)
        try await ServerLog.reportingFailure {
            let sources = SettingsSources(
                flags: set,
                file: config,
                defaultFiles: ["config/vmshop.yaml", "/etc/vmshop/vmshop.yaml"],
                environmentPrefix: "vmshop",
                knownKeys: SettingsSheet.shop.keys
            )
            let reader = try await sources.reader()
            logger.notice("settings read", metadata: ["file": "\(reader.file ?? "none")"])
            let settings = try ShopSettings(reader)
            let shop = try ShopService.open(settings, logger: logger)
            try await shop.run { port in
                logger.notice(
                    "shop listens",
                    metadata: ["shop": "\(settings.name)", "host": "\(settings.host)", "port": "\(port)"]
                )
            }
        }
    }
}
