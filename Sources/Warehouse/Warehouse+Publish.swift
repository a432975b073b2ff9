extension Warehouse {
    /// Publishes an image: copies its files in, computes their digests on the way, and makes it visible all at once.
    ///
    /// The disk is looked at first. A qcow2 file must be of version 2 or 3 and whole by itself: no backing file, no
    /// external data, no internal snapshots, no unknown features. A raw file must not look like another format's.
    /// What interrupted publications left is cleaned up on this occasion.
    ///
    /// - Parameters:
    ///   - draft: the image.
    ///   - replace: whether an image of that name that is there is replaced, in one instant. Machines that stand on it
    ///     keep what they stand on: its files are deleted when, after the replacement, no machine is on an image of that
    ///     name; else by a later publication or removal.
    ///   - keepReplaced: whether the replaced version stays though nothing stands on it, so that it can be returned to.
    ///   - progress: told how far the copying has come.
    /// - Returns: the manifest as it was written.
    /// - Throws: ``WarehouseError``: `nameTaken`; `busy` when somebody else is publishing or removing that name;
    ///   `unsafeImage` when the disk must not be used.
    @discardableResult
    public func publish(
        _ draft: ImageDraft,
        replace: Bool = false,
        keepReplaced: Bool = false,
        progress: WarehouseProgress.Handler? = nil
    ) async throws(WarehouseError) -> ImageManifest {
        try ImageName.check(draft.name)
        let (lock, isTaken, publication, manifest) = try await BlockingWork.run { flag throws(WarehouseError) in
            let (lock, isTaken) = try self.prepare(draft.name, replace: replace, flag)
            let publication = Publication(
                draft: draft,
                layout: self.layout,
                replaces: replace,
                progress: progress,
                flag: flag,
                observer: self.observer
            )
            return (lock, isTaken, publication, try publication.run())
        }
        defer { lock.release() }
        // Asked now, when no new machine can be put on the old version any more. Who cannot be asked may well use it.
        let users = isTaken ? try? await self.inUse(draft.name) : []
        let dependents = isTaken ? try? await self.dependents(of: draft.name) : []
        let holders = isTaken ? try? await self.holders(of: draft.name) : []
        if !keepReplaced, users?.isEmpty == true, dependents?.isEmpty == true, holders?.isEmpty == true {
            try await BlockingWork.run { _ throws(WarehouseError) in
                try publication.deleteReplaced(keeping: manifest)
            }
        }
        return manifest
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

    /// Takes the lock on a name, in a warehouse that is made if need be, and cleans up what others left. From now on until
    /// it is released, whoever plans looks at this image each time.
    func lock(_ name: String) throws(WarehouseError) -> NameLock {
        for folder in [self.layout.directory, self.layout.images, self.layout.locks] { try Folder.ensure(folder) }
        Leftovers.clean(self.layout)
        guard let lock = try NameLock.take(name, in: self.layout.locks, noting: ChangeLog(self.layout)) else {
            throw WarehouseError(
                .busy,
                "the image \(name) is being published or removed by somebody else; try again later"
            )
        }
        return lock
    }

    func checkUnused(_ name: String, _ verb: String, despiteHolders: Bool) async throws(WarehouseError) {
        let dependents = try await self.dependents(of: name)
        guard dependents.isEmpty else {
            let some = dependents.map(\.name).prefix(10).joined(separator: ", ")
            throw WarehouseError(
                .inUse,
                "the image \(name) cannot be \(verb): other images stand on it (\(some)); remove these first"
            )
        }
        var machines: [String]
        do { machines = try await self.inUse(name) } catch {
            throw WarehouseError(
                .inUse,
                "the image \(name) cannot be \(verb): which machines stand on it is not known: \(error)"
            )
        }
        if !despiteHolders { machines += try await self.holders(of: name).besides(machines).map(\.description) }
        guard machines.isEmpty else {
            let some = machines.sorted().prefix(10).joined(separator: ", ")
            let count = machines.count == 1 ? "a machine stands" : "\(machines.count) machines stand"
            throw WarehouseError(
                .inUse,
                "the image \(name) cannot be \(verb): \(count) on it (\(some)); collect what stands on it first"
            )
        }
    }
}
