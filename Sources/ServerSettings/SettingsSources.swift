import Configuration
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
        if let path = file ?? defaultFiles.first(where: { FilePath($0).isReadable }),
            try SettingsFile.check(path, knownKeys)
        {
            do {
                providers.append(try await FileProvider<YAMLSnapshot>(filePath: FilePath(path)))
            } catch {
                throw SettingsError("the file `\(path)` cannot be read: \(error)")
            }
        }
        return SettingsReader(ConfigReader(providers: providers))
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
    fileprivate var isReadable: Bool {
        guard let descriptor = try? FileDescriptor.open(self, .readOnly) else { return false }
        try? descriptor.close()
        return true
    }
}
