/// The configuration files of exports, one for each: `<id>.conf` in a directory of ours, whole or absent.
struct GaneshaFiles: Sendable, Hashable {
    let directory: String

    init(directory: String) throws(NetStoreError) {
        try NameRules.checkPath(directory)
        self.directory = directory
    }

    func path(_ id: Int) -> String { directory + "/" + Self.name(id) }

    func read(_ id: Int) async throws(NetStoreError) -> String? {
        try await BlockingWork.run { () throws(NetStoreError) -> String? in
            guard let folder = try Folder.open(directory) else { return nil }
            return try folder.read(Self.name(id), limit: 64 << 10).map { String(decoding: $0.bytes, as: UTF8.self) }
        }
    }

    func write(_ id: Int, _ text: String) async throws(NetStoreError) {
        try await BlockingWork.run { () throws(NetStoreError) in
            let folder = try Folder.make(directory)
            try folder.replace(Self.name(id), with: Array(text.utf8))
        }
    }

    func remove(_ id: Int) async throws(NetStoreError) {
        try await BlockingWork.run { () throws(NetStoreError) in
            try Folder.open(directory)?.unlink(Self.name(id))
        }
    }

    private static func name(_ id: Int) -> String { "\(id).conf" }

    /// NFS 4 over TCP, for one address; root in the guest is root in its share, and nowhere else.
    ///
    /// The plant writes into the share behind the server's back, so the server may not remember attributes.
    static func text(of export: ShareExport) -> String {
        """
        EXPORT {
            Export_Id = \(export.id);
            Path = "\(export.path)";
            Pseudo = "\(export.pseudoPath)";
            Protocols = 4;
            Transports = TCP;
            SecType = sys;
            Access_Type = None;
            Squash = None;
            Attr_Expiration_Time = 0;
            FSAL { Name = VFS; }
            CLIENT { Clients = \(export.client); Access_Type = RW; Squash = None; }
        }

        """
    }
}
