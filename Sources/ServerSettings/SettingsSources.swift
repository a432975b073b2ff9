import Configuration
import FoundationEssentials
import SystemPackage

/// Where a server's settings come from: flags, then the environment, then a YAML file; defaults are where they are read.
public struct SettingsSources: Sendable {
    /// Settings given as flags, `key=value`.
    public var flags: [String]
    /// The YAML file; without one, the first of `defaultFiles` that is there.
    public var file: String?
    /// Files that are looked for when none is named.
    public var defaultFiles: [String]
    /// The start of the names of environment variables, `vmplant` say.
    public var environmentPrefix: String

    /// The keys there are; a flag or a line of the file with another is an error. `nil` does not check.
    public var knownKeys: [String]?

    /// Names the sources.
    public init(
        flags: [String],
        file: String?,
        defaultFiles: [String],
        environmentPrefix: String,
        knownKeys: [String]? = nil
    ) {
        self.flags = flags
        self.file = file
        self.defaultFiles = defaultFiles
        self.environmentPrefix = environmentPrefix
        self.knownKeys = knownKeys
    }

    /// A reader over all of them.
    ///
    /// - Throws: ``SettingsError`` for a flag that is no `key=value`, a file that cannot be read, a key that is unknown.
    public func reader() async throws -> SettingsReader {
        let prefix = ConfigKey([environmentPrefix])
        var providers: [any ConfigProvider] = [
            // As if they were environment variables: one way of turning text into values, not two.
            EnvironmentVariablesProvider(environmentVariables: try flagVariables()),
            EnvironmentVariablesProvider().prefixKeys(with: prefix),
        ]
        try checkVariables(ProcessInfo.processInfo.environment.keys)
        let path = file ?? defaultFiles.first { FilePath($0).exists }
        if let path, try SettingsFile.check(path, knownKeys) {
            do {
                providers.append(try await FileProvider<YAMLSnapshot>(filePath: FilePath(path)))
            } catch {
                throw SettingsError("the file `\(path)` cannot be read: \(error)")
            }
        }
        return SettingsReader(ConfigReader(providers: providers), file: path)
    }

    /// Variables of the prefix that are no settings: those of the command line, of fault points, tests and the lab.
    private static let otherVariables = ["URL", "WAREHOUSE", "FAULT", "BINARIES", "LAB"]
    private static let otherPrefixes = ["E2E_", "LAB_"]

    /// A typing mistake in the name of a variable must not silently leave a default in force.
    ///
    /// - Parameter names: The names of the variables there are.
    /// - Throws: ``SettingsError`` for one that begins like a setting and is none.
    public func checkVariables(_ names: some Sequence<String>) throws(SettingsError) {
        guard let knownKeys else { return }
        let prefix = environmentPrefix.uppercased() + "_"
        let known = Set(knownKeys.map(Self.variable) + Self.otherVariables)
        for name in names.sorted() where name.hasPrefix(prefix) {
            let rest = String(name.dropFirst(prefix.count))
            guard !known.contains(rest), !Self.otherPrefixes.contains(where: rest.hasPrefix) else { continue }
            let names = knownKeys.map { prefix + Self.variable($0) }.joined(separator: ", ")
            throw SettingsError("the environment variable \(name) is no setting; there are \(names)")
        }
    }

    private func flagVariables() throws(SettingsError) -> [String: String] {
        var variables: [String: String] = [:]
        for flag in flags {
            guard let equals = flag.firstIndex(of: "="), equals > flag.startIndex else {
                throw SettingsError("--set wants key=value, not `\(flag)`")
            }
            let key = String(flag[..<equals])
            if let knownKeys, !knownKeys.contains(key) {
                throw SettingsError(
                    "--set \(key): there is no such setting; there are \(knownKeys.joined(separator: ", "))"
                )
            }
            variables[Self.variable(String(flag[..<equals]))] = String(flag[flag.index(after: equals)...])
        }
        return variables
    }

    /// The name of the variable of a key: `network.bridgePrefix` is `NETWORK_BRIDGE_PREFIX`.
    static func variable(_ key: String) -> String {
        var name = ""
        for character in key {
            if character == "." {
                name += "_"
            } else {
                if character.isUppercase { name += "_" }
                name += character.uppercased()
            }
        }
        return name
    }
}

extension FilePath {
    /// Whether there is a file, be it one that may not be read: that is for who reads it to complain of.
    fileprivate var exists: Bool {
        do {
            try FileDescriptor.open(self, .readOnly).close()
            return true
        } catch {
            return ![Errno.noSuchFileOrDirectory, .notDirectory].contains(error as? Errno)
        }
    }
}
