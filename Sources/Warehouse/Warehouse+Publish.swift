extension Warehouse {
    /// Publishes an image: copies its files in, computes their digests on the way, and makes it visible all at once.
    ///
    /// The disk is looked at first. A qcow2 file must be of version 2 or 3 and whole by itself: no backing file, no
    /// external data, no internal snapshots, no unknown features. A raw file must not look like another format's.
    /// What interrupted publications left is cleaned up on this occasion.
    ///
    /// - Parameters:
    ///   - draft: the image.
    ///   - replace: whether an image of that name that is there is replaced, in one instant.
    ///   - progress: told how far the copying has come.
    /// - Returns: the manifest as it was written.
    /// - Throws: ``WarehouseError``: `nameTaken`; `busy` when somebody else is publishing or removing that name;
    ///   `inUse` when machines stand on the image to be replaced; `unsafeImage` when the disk must not be used.
    @discardableResult
    public func publish(
        _ draft: ImageDraft,
        replace: Bool = false,
        progress: WarehouseProgress.Handler? = nil
    ) async throws(WarehouseError) -> ImageManifest {
        try ImageName.check(draft.name)
        let (lock, isTaken) = try await BlockingWork.run { flag throws(WarehouseError) in
            try self.prepare(draft.name, replace: replace, flag)
        }
        if isTaken { try await self.checkUnused(draft.name, "replaced") }
        return try await BlockingWork.run { flag throws(WarehouseError) in
            defer { lock.release() }
            let publication = Publication(
                draft: draft,
                layout: self.layout,
                replaces: replace,
                progress: progress,
                flag: flag,
                observer: self.observer
            )
            return try publication.run()
        }
    }

    private func prepare(
        _ name: String,
        replace: Bool,
        _ flag: CancellationFlag
    ) throws(WarehouseError) -> (lock: NameLock, isTaken: Bool) {
        let lock = try self.lock(name)
        let isTaken = Folder.holds(self.layout.folder(of: name))
        guard replace || !isTaken else { throw Publication.nameTaken(name) }
        if !isTaken, try self.catalogue.listing(named: name, flag) != nil {
            throw WarehouseError(.nameTaken, "index.txt names an image \(name) already; choose another name")
        }
        return (lock, isTaken)
    }

    /// Takes the lock on a name, in a warehouse that is made if need be, and cleans up what others left.
    func lock(_ name: String) throws(WarehouseError) -> NameLock {
        for folder in [self.layout.directory, self.layout.images, self.layout.locks] { try Folder.ensure(folder) }
        Leftovers.clean(self.layout)
        guard let lock = try NameLock.take(name, in: self.layout.locks) else {
            throw WarehouseError(
                .busy,
                "the image \(name) is being published or removed by somebody else; try again later"
            )
        }
        return lock
    }

    func checkUnused(_ name: String, _ verb: String) async throws(WarehouseError) {
        let machines = await self.inUse(name)
        guard machines.isEmpty else {
            let some = machines.sorted().prefix(10).joined(separator: ", ")
            throw WarehouseError(
                .inUse,
                "the image \(name) cannot be \(verb): \(machines.count) machines stand on it (\(some)); collect them first"
            )
        }
    }
}
