/// The directory through which a plant and one guest talk: jobs go in, results come out.
///
/// What appears in it appears by rename: whole, or not at all. The guest is root in it and may put anything
/// anywhere, so the plant follows no link, opens nothing but regular files and directories, reads no more than
/// ``readLimit`` of anything, and believes no name. It reads its own disk: a hung NFS server does not hang it.
public struct ScriptShare: Sendable, Hashable {
    /// The most that is read of one file of a guest's: 64 KiB.
    public static let readLimit = 64 << 10

    /// The directory, an absolute path.
    public let directory: String

    /// The share in a directory, which need not exist yet.
    ///
    /// - Throws: ``NetStoreError`` `.invalid` for a path that cannot be one.
    public init(directory: String) throws(NetStoreError) {
        try NameRules.checkPath(directory)
        self.directory = directory
    }

    /// The share of a lease.
    public init(lease: GuestLease) throws(NetStoreError) {
        try self.init(directory: lease.share)
    }

    /// Makes the directory with the guest's identity in it. Done already is done; the parent must be there.
    ///
    /// - Parameters:
    ///   - identity: Who the guest is.
    ///   - wake: What it needs to become that, where it wakes up from saved memory.
    ///   - isSpare: Whether it is nobody's machine yet, and waits for ``become(_:wake:)`` once it is awake.
    /// - Throws: ``NetStoreError`` `.conflict` when another machine's share is there: ``remove()`` it first.
    public func create(
        _ identity: GuestIdentity,
        wake: GuestWake? = nil,
        isSpare: Bool = false
    ) async throws(NetStoreError) {
        let text = Array(try identity.text().utf8)
        let waking = try wake.map { (wake) throws(NetStoreError) in Array(try wake.text().utf8) }
        try await BlockingWork.run { () throws(NetStoreError) in
            let share = try Folder.make(directory)
            if let old = try share.read("identity", limit: Self.readLimit) {
                guard old.bytes == text else {
                    throw NetStoreError(.conflict, "\(directory) is the share of another machine: remove it first")
                }
            }
            for name in ["job", "out"] where try !share.has(name) { _ = try share.makeFolder(name) }
            if let waking { try share.replace("wake", with: waking) }
            if isSpare { try share.replace("spare", with: []) }
            // Last, because it says that the share is complete.
            try share.replace("identity", with: text)
        }
    }

    /// Tells the guest of a spare whose machine it is from now on. Told already is done.
    ///
    /// - Parameters:
    ///   - identity: Who the guest is.
    ///   - wake: What it needs to become that.
    /// - Throws: ``NetStoreError`` `.invalid` for what cannot be told, `.notFound` without a share.
    public func become(_ identity: GuestIdentity, wake: GuestWake) async throws(NetStoreError) {
        let files = [("identity", Array(try identity.text().utf8)), ("wake", Array(try wake.text().utf8))]
        try await BlockingWork.run { () throws(NetStoreError) in
            let share = try opened()
            // For a runner that begins again: to it, it is a machine like the others.
            for (name, bytes) in files { try share.replace(name, with: bytes) }
            try share.unlink("spare")
            guard try !share.has("become") else { return }
            let temporary = Folder.temporaryName()
            let order = try share.makeFolder(temporary)
            for (name, bytes) in files { try order.write(name, bytes) }
            try share.rename(temporary, to: "become")
        }
    }

    /// Whether the directory is there.
    public func exists() async throws(NetStoreError) -> Bool {
        try await BlockingWork.run { () throws(NetStoreError) -> Bool in
            if let _ = try Folder.open(directory) { true } else { false }
        }
    }

    /// Asks the guest's runner to come to its end.
    public func finish(_ how: GuestFinish) async throws(NetStoreError) {
        try await BlockingWork.run { () throws(NetStoreError) in
            try opened().replace("finish", with: Array((how.rawValue + "\n").utf8))
        }
    }

    /// The guest's last sign of life; nil when there was none yet.
    ///
    /// - Throws: ``NetStoreError`` `.tampered` when the guest put something else in its place.
    public func heartbeat() async throws(NetStoreError) -> GuestHeartbeat? {
        try await BlockingWork.run { () throws(NetStoreError) -> GuestHeartbeat? in
            guard let contents = try opened().read("heartbeat", limit: Self.readLimit) else { return nil }
            return try GuestHeartbeat(GuestLines(contents.bytes))
        }
    }

    /// Removes the directory and all that is in it, whatever the guest made of it. No link is followed.
    ///
    /// The export goes first: a guest that still writes can make this fail with `.conflict`.
    public func remove() async throws(NetStoreError) {
        try await BlockingWork.run { () throws(NetStoreError) in try TreeRemoval.remove(directory) }
    }

    func opened() throws(NetStoreError) -> Folder {
        guard let folder = try Folder.open(directory) else {
            throw NetStoreError(.notFound, "share \(directory) is not there")
        }
        return folder
    }
}
