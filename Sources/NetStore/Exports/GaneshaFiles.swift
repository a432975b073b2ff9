/// The configuration files of exports, one for each: `<id>.conf` in a directory of ours, whole or absent.
///
/// A server that starts reads every regular file of the directory, whatever its name. So a file is written in a directory
/// below, which it passes over, and appears by rename.
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
            let fresh = try folder.has(Self.fresh) ? folder.folder(Self.fresh) : folder.makeFolder(Self.fresh)
            // What a killed plant left.
            try fresh.unlink(Self.name(id))
            try fresh.write(Self.name(id), Array(text.utf8))
            try fresh.move(Self.name(id), to: folder)
        }
    }

    /// The ids of the files that are there.
    func ids() async throws(NetStoreError) -> [Int] {
        try await BlockingWork.run { () throws(NetStoreError) -> [Int] in
            guard let folder = try Folder.open(directory) else { return [] }
            return try folder.names().compactMap { name in
                Int(name.prefix { $0 != "." }).flatMap { Self.name($0) == name ? $0 : nil }
            }
        }
    }

    func remove(_ id: Int) async throws(NetStoreError) {
        try await BlockingWork.run { () throws(NetStoreError) in
            try Folder.open(directory)?.unlink(Self.name(id))
        }
    }

    /// The directory in which files are written.
    private static let fresh = "new"

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
