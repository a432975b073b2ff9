/// The files of a guest, as far as they can be read without starting it.
///
/// Paths are absolute and of plain words; links on the way are followed inside the guest only.
protocol FileTree: Sendable {
    /// What is in a folder; nothing when there is no such folder.
    func entries(of folder: String) async throws(FileTreeError) -> [FileTreeEntry]?
    /// The text of a file, links followed; nothing when there is no such file.
    func text(of path: String) async throws(FileTreeError) -> String?
}

/// A name in a folder.
struct FileTreeEntry: Sendable, Hashable {
    enum Kind: Sendable, Hashable { case file, folder, link, other }

    let name: String
    let kind: Kind
    var isExecutable = false
}

/// Why files could not be read.
struct FileTreeError: Error, Sendable, Hashable {
    let reason: String
}

extension FileTree {
    /// The entry of a path; nothing when there is none.
    func entry(_ path: String) async throws(FileTreeError) -> FileTreeEntry? {
        let parts = path.split(separator: "/")
        let folder = "/" + parts.dropLast().joined(separator: "/")
        return try await self.entries(of: folder)?.first { $0.name == String(parts.last ?? "") }
    }

    /// Whether there is anything of a path.
    func holds(_ path: String) async throws(FileTreeError) -> Bool {
        try await self.entry(path) != nil
    }

    /// The names in a folder, sorted; none when it is not there.
    func names(in folder: String) async throws(FileTreeError) -> [String] {
        (try await self.entries(of: folder) ?? []).map(\.name).sorted()
    }
}
