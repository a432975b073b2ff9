import CLinuxFiles
import Glibc

/// An image that is to be received: its manifest came, was checked, and is not here yet.
public struct ReceivedImage: Sendable, Hashable {
    let travelling: TravellingManifest

    /// What the image is.
    public var manifest: ImageManifest { self.travelling.manifest }
    /// The version.
    public var reference: ImageReference { self.manifest.reference }
    /// The versions that its disk stands on, the nearest first.
    public var standsOn: [ImageReference] { self.manifest.disk.layers.map(\.image) }

    /// A manifest that came, as one of the version that was asked for.
    ///
    /// - Throws: ``WarehouseError/Code/damaged`` with what is wrong.
    public init(manifest bytes: [UInt8], of reference: ImageReference) throws(WarehouseError) {
        self.travelling = try TravellingManifest(receiving: bytes, as: reference)
    }

    /// The files of its own, in the order in which they are needed.
    public var files: [TransferFile] { self.manifest.ownFiles.map(\.file) }
}

/// What becomes of another version of the name of an image that is received.
public enum ReceptionMode: Sendable, Hashable {
    /// There must be none.
    case new
    /// The name means the received version from now on.
    case replace
    /// The name goes on to mean the one that is here; the received one is there for what stands on it.
    case beside
}

extension Warehouse {
    /// Bytes that must be left when an image has come.
    static let roomToSpare = 64 << 20

    /// Whether an image is here, in the place that it had where it comes from: what stands on it finds it.
    public func holds(_ image: ReceivedImage) async -> Bool {
        let folder = self.layout.folder(of: image.manifest.name).appending(image.travelling.version)
        return await (try? BlockingWork.run { _ throws(WarehouseError) in Folder.holds(folder) }) == true
    }

    /// The version that is here under its name, if the name means it and it can be used.
    public func current(_ version: ImageReference) async -> WarehouseImage? {
        guard let here = try? await self.image(named: version.name) else { return nil }
        return here.manifest.reference == version ? here : nil
    }

    /// Whether an image of that name is here, usable or not.
    public func knows(_ name: String) async throws(WarehouseError) -> Bool {
        let catalogue = self.catalogue
        return try await BlockingWork.run { flag throws(WarehouseError) in
            try catalogue.listing(named: name, flag) != nil
        }
    }

    /// Files that are here, by their digests: they need not travel.
    public func filesHere() async throws(WarehouseError) -> [String: OfferedImage] {
        var here: [String: OfferedImage] = [:]
        for offer in try await self.offers() {
            for file in offer.files where file.role != .layer { here[file.digest] = offer }
        }
        return here
    }

    /// Opens what came of a file so far.
    ///
    /// - Throws: ``WarehouseError``: `busy` when another process is receiving it; `noSpace` when the rest has no room.
    public func incoming(_ file: TransferFile) async throws(WarehouseError) -> IncomingFile {
        let layout = self.layout
        try await BlockingWork.run { _ throws(WarehouseError) in
            for folder in [layout.directory, layout.incoming] { try Folder.ensure(folder) }
        }
        let incoming = try await IncomingFile.open(file, in: layout.incoming)
        let missing = await file.bytes - incoming.received
        let free = try await self.freeBytes()
        guard free - missing >= Self.roomToSpare else {
            throw WarehouseError(
                .noSpace,
                "\(layout.directory) has \(free >> 20) MiB free, and \(missing >> 20) MiB are to come; free some space"
            )
        }
        return incoming
    }

    /// Gives an image that has come its place: all at once, as a publication does, and looked at as any from outside.
    ///
    /// - Parameters:
    ///   - image: The image.
    ///   - files: Its files, whole; they are given up, whatever comes of it.
    ///   - mode: What becomes of another version of its name.
    /// - Returns: The image as it is here.
    /// - Throws: ``WarehouseError``: `nameTaken`, `busy`, `unsafeImage`; `notFound` when what it stands on is not here.
    @discardableResult
    public func receive(
        _ image: ReceivedImage,
        files: [IncomingFile],
        mode: ReceptionMode = .new
    ) async throws(WarehouseError) -> WarehouseImage {
        let observer = self.observer
        defer { for file in files { file.giveUp() } }
        let lock = try await BlockingWork.run { flag throws(WarehouseError) in
            let lock = try self.lock(image.manifest.name)
            // Somebody else may have brought it, through a directory that several plants share.
            let folder = self.layout.folder(of: image.manifest.name).appending(image.travelling.version)
            guard !Folder.holds(folder) || mode == .replace else { return lock }
            let isTaken = try self.catalogue.listing(named: image.manifest.name, flag) != nil
            guard mode != .new || !isTaken else { throw Publication.nameTaken(image.manifest.name) }
            let reception = Reception(
                image: image.travelling,
                files: files,
                layout: self.layout,
                isBeside: mode == .beside && isTaken,
                flag: flag,
                observer: observer
            )
            try reception.run()
            return lock
        }
        lock.release()
        return try await self.held(image.reference)
    }

    /// Bytes that can still be written to the warehouse.
    public func freeBytes() async throws(WarehouseError) -> Int {
        let path = self.layout.directory.description
        return try await BlockingWork.run { _ throws(WarehouseError) in
            var found = statvfs()
            try SystemCall.check("examine", path) { statvfs(path, &found) }
            return Int(
                clamping: UInt64(found.f_bavail).multipliedReportingOverflow(by: UInt64(found.f_frsize)).partialValue
            )
        }
    }

    /// Deletes what came of files and was not touched for so long, unless somebody is receiving it.
    ///
    /// - Parameter seconds: How long ago the last bytes came at least.
    public func sweepIncoming(olderThan seconds: Int = 24 * 3600) async {
        let folder = self.layout.incoming
        _ = try? await BlockingWork.run { _ throws(WarehouseError) in
            for name in (try? Folder.names(in: folder)) ?? [] {
                guard let file = try? OpenFile.open(folder.appending(name).description, .createOrOpen),
                    let status = try? file.status(), ContentStamp(status).isOlder(than: seconds),
                    flock(file.descriptor, LOCK_EX | LOCK_NB) == 0
                else { continue }
                unlink(file.path)
                flock(file.descriptor, LOCK_UN)
            }
        }
    }
}
