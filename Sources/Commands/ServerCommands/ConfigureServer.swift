public import ArgumentParser
import FoundationEssentials
import Glibc
import ServerSettings
import VMPlantServer
import VMShopServer

/// The options of both `configure` commands.
struct ConfigureOptions: ParsableArguments {
    @Option(help: ArgumentHelp("An answer beforehand; its question is not asked.", valueName: "key=value"))
    var set: [String] = []

    @Flag(help: "Ask nothing: what is not --set keeps its default.")
    var defaults = false

    @Flag(help: "Write over a file that is there.")
    var force = false

    @Option(help: "The file to write.")
    var file: String?

    /// Asks, writes, and checks that the server would take the result.
    func write(_ sheet: SettingsSheet, to standard: String, check: (SettingsReader) throws -> Void) async throws {
        let path = file ?? standard
        guard force || !FileManager.default.fileExists(atPath: path) else {
            throw ValidationError("\(path) is there already; --force writes over it, --file names another")
        }
        let answered = try ask(sheet)
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        if !folder.isEmpty {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        let draft = path + ".new"
        try Data(answered.text.utf8).write(to: URL(filePath: draft))
        do {
            try check(await SettingsSources(flags: [], file: draft, defaultFiles: [], environmentPrefix: "-").reader())
        } catch {
            try? FileManager.default.removeItem(atPath: draft)
            throw error
        }
        guard rename(draft, path) == 0 else { throw SettingsError("\(path) cannot be written") }
        print("wrote \(path)")
    }

    private func ask(_ sheet: SettingsSheet) throws -> SettingsSheet {
        var sheet = sheet
        var given: Set<String> = []
        for flag in set {
            guard let equals = flag.firstIndex(of: "=") else {
                throw ValidationError("--set wants key=value, not `\(flag)`")
            }
            let key = String(flag[..<equals])
            if let objection = sheet.set(key, String(flag[flag.index(after: equals)...])) {
                throw ValidationError(objection)
            }
            given.insert(key)
        }
        guard !defaults else { return sheet }
        for entry in sheet.entries where entry.isAsked && !given.contains(entry.key) {
            guard let answer = question(entry) else { break }
            if let objection = sheet.set(entry.key, answer) { throw ValidationError(objection) }
        }
        return sheet
    }

    /// Asks until the answer can be used. An empty answer is the default; the end of the input ends the questions.
    private func question(_ entry: SettingEntry) -> String? {
        while true {
            print(entry.comment)
            print("\(entry.key) [\(entry.value)]: ", terminator: "")
            fflush(nil)
            guard let line = readLine() else { return nil }
            let answer = line.isEmpty ? entry.value : line
            guard !answer.isEmpty, let objection = entry.objection(to: answer) else { return answer }
            print("  \(objection)")
        }
    }
}

/// `vmplant-server configure`.
public struct ConfigurePlant: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "configure",
        abstract: "Ask for the plant's settings and write config/vmplant.yaml, with comments."
    )

    @OptionGroup var options: ConfigureOptions

    /// The command as it is before its arguments are read.
    public init() {}

    /// Does it.
    public func run() async throws {
        try await ServerLog.reportingFailure {
            try await options.write(.plant, to: "config/vmplant.yaml") { _ = try PlantSettings($0) }
        }
    }
}

/// `vmshop-server configure`.
public struct ConfigureShop: AsyncParsableCommand {
    /// Name and help.
    public static let configuration = CommandConfiguration(
        commandName: "configure",
        abstract: "Ask for the shop's settings and write config/vmshop.yaml, with comments."
    )

    @OptionGroup var options: ConfigureOptions

    /// The command as it is before its arguments are read.
    public init() {}

    /// Does it.
    public func run() async throws {
        try await ServerLog.reportingFailure {
            try await options.write(.shop, to: "config/vmshop.yaml") { _ = try ShopSettings($0) }
        }
    }
}
