import NetStore

/// No file server: `nfs.server: none`, for hosts whose guests get their shares by other means, and for tests whose
/// guests are processes of this host.
struct NoExporter: ShareExporter {
    func add(_ export: ShareExport) async throws(NetStoreError) {}
    func remove(_ export: ShareExport) async throws(NetStoreError) {}
    func list() async throws(NetStoreError) -> [ListedExport] { [] }
    func mountPath(of export: ShareExport) -> String { export.path }
}
