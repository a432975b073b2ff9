import DBus

/// Exports through a running NFS-Ganesha, told over D-Bus: each export is added and removed by itself, and the
/// server never restarts.
///
/// Each export has a configuration file of its own, from which the server reads it. When the server has been
/// restarted, its exports are gone from it: ``add(_:)`` each again.
public struct GaneshaExporter: ShareExporter {
    private let files: GaneshaFiles
    private let bus: BusConnection
    private let exportIDs: ClosedRange<Int>
    private let timeout: Duration

    /// Describes the server; nothing is contacted yet.
    ///
    /// - Parameters:
    ///   - directory: Where the files of the exports are, an absolute path; made when it is not there.
    ///   - busAddress: The bus on which the server is, `unix:path=/run/dbus/system_bus_socket` say.
    ///   - exportIDs: The ids that are ours; the address plan's.
    ///   - timeout: How long the server may take to answer.
    /// - Throws: ``NetStoreError`` `.invalid` for a directory that cannot be one.
    public init(
        directory: String,
        busAddress: String = "unix:path=/run/dbus/system_bus_socket",
        exportIDs: ClosedRange<Int> = 100...60_000,
        timeout: Duration = .seconds(5)
    ) throws(NetStoreError) {
        self.files = try GaneshaFiles(directory: directory)
        self.bus = BusConnection(address: busAddress)
        self.exportIDs = exportIDs
        self.timeout = timeout
    }

    /// Makes sure that the server has the export exactly as given, replacing one of the same id that differs.
    public func add(_ export: ShareExport) async throws(NetStoreError) {
        let text = GaneshaFiles.text(of: export)
        let isKnown = try await files.read(export.id) == text
        if !isKnown {
            // First the old one goes: so an export that is listed is always the one that its file says.
            try await remove(export.id)
            try await files.write(export.id, text)
        }
        do throws(BusError) {
            let arguments: [BusValue] = [
                .string(files.path(export.id)), .string("EXPORT(Export_Id=\(export.id))"),
            ]
            _ = try await call("AddExport", arguments)
        } catch {
            guard error.code == .refused, isKnown, try await isListed(export.id) else {
                // A server that is started again would read it.
                if error.code == .refused, !isKnown { try await files.remove(export.id) }
                throw Self.wrapped(error, "export \(export.id) of \(export.path)")
            }
        }
    }

    /// Makes sure that the server has the export no longer.
    ///
    /// A server that cannot be asked is an error and not done: it may well still serve.
    public func remove(_ export: ShareExport) async throws(NetStoreError) {
        try await remove(export.id)
    }

    /// Makes sure that the server has an export of our range of ids no longer.
    public func removeOrphan(_ orphan: ListedExport) async throws(NetStoreError) {
        guard let id = orphan.id, exportIDs.contains(id) else {
            throw NetStoreError(.invalid, "export of \(NameRules.quoted(orphan.path)) is none of ours")
        }
        try await remove(id)
    }

    /// Removes the files of exports that nobody has, which a server that is started again would read.
    public func sweep(keeping ids: Set<Int>) async throws(NetStoreError) {
        for id in try await files.ids() where exportIDs.contains(id) && !ids.contains(id) { try await remove(id) }
    }

    /// The exports of ours that the server has, by id.
    public func list() async throws(NetStoreError) -> [ListedExport] {
        try await listAll()
            .filter { export in export.id.map(exportIDs.contains) ?? false }
            .sorted { ($0.id ?? 0) < ($1.id ?? 0) }
    }

    /// The share's place in the server's pseudo file system.
    public func mountPath(of export: ShareExport) -> String { export.pseudoPath }

    /// The file goes first: a server that is killed and started again in between does not bring the export back.
    private func remove(_ id: Int) async throws(NetStoreError) {
        try await files.remove(id)
        try await removeFromServer(id)
    }

    private func removeFromServer(_ id: Int) async throws(NetStoreError) {
        guard let number = UInt16(exactly: id) else { return }
        do throws(BusError) {
            _ = try await call("RemoveExport", [.uint16(number)])
        } catch {
            guard error.code == .refused, try await !isListed(id) else {
                throw Self.wrapped(error, "removal of export \(id)")
            }
        }
    }

    private func isListed(_ id: Int) async throws(NetStoreError) -> Bool {
        try await listAll().contains { $0.id == id }
    }

    /// The answer is the server's time and an array of structures that begin with id and path.
    private func listAll() async throws(NetStoreError) -> [ListedExport] {
        let values: [BusValue]
        do throws(BusError) {
            values = try await call("ShowExports", [])
        } catch {
            throw Self.wrapped(error, "list of exports")
        }
        let exports = values.compactMap { value in if case .array(let exports) = value { exports } else { nil } }
        return exports.joined().compactMap { export in
            guard let members = export.members, members.count >= 2, let path = members[1].text else { return nil }
            return ListedExport(id: members[0].integer, path: path)
        }
    }

    private func call(_ method: String, _ arguments: [BusValue]) async throws(BusError) -> [BusValue] {
        let call = BusCall(
            destination: "org.ganesha.nfsd",
            path: "/org/ganesha/nfsd/ExportMgr",
            interface: "org.ganesha.nfsd.exportmgr",
            method: method,
            arguments: arguments
        )
        return try await bus.call(call, timeout: timeout)
    }

    private static func wrapped(_ error: BusError, _ what: String) -> NetStoreError {
        let code: NetStoreError.Code =
            switch error.code {
            case .disconnected, .noService: .unavailable
            case .timedOut: .timedOut
            case .refused: .refused
            case .invalid: .invalid
            }
        return NetStoreError(code, "NFS-Ganesha, \(what): \(error)")
    }
}
