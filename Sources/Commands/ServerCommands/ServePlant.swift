public import ArgumentParser
import Logging
import ServerSettings
import VMPlantServer

/// Runs the plant until it is told to stop (SIGTERM, SIGINT).
public struct ServePlant: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the plant.",
        discussion: """
            Settings come from --set, else the environment (VMPLANT_HTTP_PORT for http.port), else the YAML file, else \
            defaults; config/vmplant.yaml names them all. The plant can be killed at any instant: its next start finishes \
            or undoes what was under way.
            """
    )

    @Option(help: "The YAML file of settings (default: config/vmplant.yaml or /etc/vmshop/vmplant.yaml if there).")
    var config: String?

    @Option(help: ArgumentHelp("A setting, over the file's.", valueName: "key=value"))
    var set: [String] = []

    @Option(help: "What is logged: trace, debug, info, notice, warning, error.")
    var logLevel: String = "info"

    /// The command as it is before its arguments are read.
    public init() {}

    /// Does it.
    public func run() async throws {
        let logger = try ServerLog.logger("vmplant", level: logLevel)
        try await ServerLog.reportingFailure {
            let reader = try await SettingsSources.plant(flags: set, file: config).reader()
            logger.notice("settings read", metadata: ["file": "\(reader.file ?? "none")"])
            let settings = try PlantSettings(reader)
            let plant = try await PlantService.open(settings, logger: logger)
            try await plant.run { port in
                logger.notice(
                    "plant listens",
                    metadata: ["plant": "\(settings.name)", "host": "\(settings.host)", "port": "\(port)"]
                )
            }
        }
    }
}

extension SettingsSources {
    /// The sources of a plant's settings.
    static func plant(flags: [String], file: String?) -> SettingsSources {
        SettingsSources(
            flags: flags,
            file: file,
            defaultFiles: ["config/vmplant.yaml", "/etc/vmshop/vmplant.yaml"],
            environmentPrefix: "vmplant",
            knownKeys: SettingsSheet.plant.keys
        )
    }
}
