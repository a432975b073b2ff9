/// The operations that have a name, and what each is given and publishes.
public struct OperationCatalog: Sendable {
    /// One operation.
    public struct Entry: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Where it runs, and nowhere else.
        public var site: Action.Site
        /// The parameters that it cannot do without.
        public var required: [String]
        /// The parameters that it can do without. There are no others.
        public var optional: [String]
        /// What it publishes.
        public var outputs: [String]
        /// Parameters that may have one of these values only.
        public var choices: [String: [String]] = [:]
        /// Required parameters that may be empty all the same.
        public var mayBeEmpty: [String] = []
    }

    /// All operations, by name.
    public static let entries: [String: Entry] = Dictionary(
        uniqueKeysWithValues: [
            Entry(
                name: "user",
                site: .guest,
                required: ["NAME"],
                optional: ["UID", "HOME", "SHELL", "PASSWORD"],
                outputs: ["uid", "home"]
            ),
            Entry(
                name: "file",
                site: .guest,
                required: ["PATH", "CONTENT"],
                optional: ["MODE", "OWNER"],
                outputs: ["path"],
                mayBeEmpty: ["CONTENT"]
            ),
            Entry(
                name: "mount",
                site: .guest,
                required: ["TYPE", "SOURCE", "TARGET"],
                optional: ["OPTIONS", "FORMAT"],
                outputs: ["path", "device"],
                choices: ["TYPE": ["nfs", "disk", "tmpfs"], "FORMAT": ["ext2", "ext3", "ext4"]]
            ),
            Entry(
                name: "service",
                site: .guest,
                required: ["NAME", "COMMAND"],
                optional: ["PORT"],
                outputs: ["pid", "port"]
            ),
            Entry(name: "hostname", site: .guest, required: ["NAME"], optional: [], outputs: ["hostname"]),
            Entry(name: "package", site: .guest, required: ["NAME"], optional: [], outputs: ["package", "version"]),
            // What SIZE may be, ``DataDisk`` says.
            Entry(
                name: "attach-disk",
                site: .host,
                required: ["SIZE"],
                optional: ["SERIAL"],
                outputs: ["serial"],
                mayBeEmpty: ["SIZE"]
            ),
        ].map { ($0.name, $0) }
    )

    /// The names, sorted.
    public static let names: [String] = entries.keys.sorted()
}
