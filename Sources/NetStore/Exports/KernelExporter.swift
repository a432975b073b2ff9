import Subprocess
import SystemPackage

/// Exports through the kernel's own NFS server, told by `exportfs`: for hosts where it runs already.
///
/// There is no pseudo file system of ours then: a guest mounts the directory's own path. The entries live in the
/// kernel's table only, so `/etc/exports` stays the administrator's.
public struct KernelExporter: ShareExporter {
    private let executable: String
    private let shareRoot: String
    private let timeout: Duration

    /// Describes the server; nothing is started yet.
    ///
    /// - Parameters:
    ///   - shareRoot: The directory below which all exports of ours lie; the address plan's.
    ///   - executable: `exportfs` of the host's NFS tools.
    ///   - timeout: How long it may take.
    /// - Throws: ``NetStoreError`` `.invalid` for a path that cannot be one.
    public init(
        shareRoot: String,
        executable: String = "/usr/sbin/exportfs",
        timeout: Duration = .seconds(10)
    ) throws(NetStoreError) {
        try NameRules.checkPath(shareRoot)
        try NameRules.checkPath(executable)
        self.shareRoot = shareRoot
        self.executable = executable
        self.timeout = timeout
    }

    /// Makes sure that the export is there. The program itself replaces an entry for the same client and directory.
    public func add(_ export: ShareExport) async throws(NetStoreError) {
        // `fsid` gives every export a handle of its own, whatever its file system is.
        let options = "rw,sync,no_root_squash,no_subtree_check,sec=sys,fsid=\(export.id)"
        _ = try await exportfs(["-i", "-o", options, Self.entry(export)])
    }

    /// Makes sure that the export is gone.
    public func remove(_ export: ShareExport) async throws(NetStoreError) {
        try await remove(export.path, export.client)
    }

    /// Makes sure that an entry below the share root is gone.
    public func removeOrphan(_ orphan: ListedExport) async throws(NetStoreError) {
        try NameRules.checkPath(orphan.path)
        guard let client = orphan.client, orphan.path.hasPrefix(shareRoot + "/") else {
            throw NetStoreError(.invalid, "export of \(NameRules.quoted(orphan.path)) is none of ours")
        }
        try await remove(orphan.path, client)
    }

    /// The exports below the share root, by path.
    public func list() async throws(NetStoreError) -> [ListedExport] {
        try await entries().filter { $0.path.hasPrefix(shareRoot + "/") }.sorted { $0.path < $1.path }
    }

    /// The directory's own path.
    public func mountPath(of export: ShareExport) -> String { export.path }

    private static func entry(_ export: ShareExport) -> String { "\(export.client):\(export.path)" }

    private func remove(_ path: String, _ client: IPv4Address) async throws(NetStoreError) {
        do throws(NetStoreError) {
            _ = try await exportfs(["-u", "\(client):\(path)"])
        } catch {
            let isThere = try await entries().contains { $0.path == path && $0.client == client }
            guard error.code == .refused, !isThere else { throw error }
        }
    }

    /// Each line is a path, blanks, a client, and options in parentheses, among them our `fsid`.
    private func entries() async throws(NetStoreError) -> [ListedExport] {
        try await exportfs(["-s"]).split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let path = words.first else { return nil }
            let client = words.dropFirst().first?.prefix { $0 != "(" }
            let options = line.split { "(,)".contains($0) }
            let id = options.first { $0.hasPrefix("fsid=") }.flatMap { Int($0.dropFirst("fsid=".count)) }
            return ListedExport(id: id, path: String(path), client: client.flatMap { IPv4Address(String($0)) })
        }
    }

    private func exportfs(_ arguments: [String]) async throws(NetStoreError) -> String {
        do {
            return try await withThrowingTaskGroup(of: String?.self) { group in
                group.addTask { try await self.output(of: arguments) }
                group.addTask {
                    try await Task.sleep(for: self.timeout)
                    return nil
                }
                defer { group.cancelAll() }
                guard let first = try await group.next(), let output = first else {
                    throw NetStoreError(.timedOut, "\(executable) took longer than \(timeout)")
                }
                return output
            }
        } catch {
            throw (error as? NetStoreError) ?? NetStoreError(.unavailable, "\(executable): \(error)")
        }
    }

    private func output(of arguments: [String]) async throws -> String {
        let result = try await run(
            .path(FilePath(executable)),
            arguments: Arguments(arguments),
            environment: .custom(["LC_ALL": "C"]),
            output: .string(limit: 16 << 20),
            error: .string(limit: 64 << 10)
        )
        guard result.terminationStatus.isSuccess else {
            let complaint = result.standardError.split(separator: "\n").first.map(String.init)
            throw NetStoreError(.refused, "\(executable): \(complaint ?? "failed without a message")")
        }
        return result.standardOutput
    }
}
