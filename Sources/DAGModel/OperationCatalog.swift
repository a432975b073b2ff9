/// The operations that have a name, and what each must be given.
public struct OperationCatalog: Sendable {
    /// One operation.
    public struct Entry: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Where it runs, and nowhere else.
        public var site: Action.Site
        /// The parameters that it cannot do without.
        public var required: [String]
        /// Parameters that may have one of these values only.
        public var choices: [String: [String]]
    }

    /// All operations, by name.
    public static let entries: [String: Entry] = Dictionary(
        uniqueKeysWithValues: [
            Entry(name: "user", site: .guest, required: ["NAME"], choices: [:]),
            Entry(name: "file", site: .guest, required: ["PATH", "CONTENT"], choices: [:]),
            Entry(
                name: "mount",
                site: .guest,
                required: ["TYPE", "SOURCE", "TARGET"],
                choices: ["TYPE": ["nfs", "disk", "tmpfs"], "FORMAT": ["ext2", "ext3", "ext4"]]
            ),
            Entry(name: "service", site: .guest, required: ["NAME", "COMMAND"], choices: [:]),
            Entry(name: "hostname", site: .guest, required: ["NAME"], choices: [:]),
            Entry(name: "package", site: .guest, required: ["NAME"], choices: [:]),
            Entry(name: "attach-disk", site: .host, required: ["SIZE"], choices: [:]),
        ].map { ($0.name, $0) }
    )

    /// The names, sorted.
    public static let names: [String] = entries.keys.sorted()
}
