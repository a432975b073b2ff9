extension Warehouse {
    /// Removes a published image with all its versions: it is gone in one instant, its files are deleted afterwards.
    ///
    /// - Parameters:
    ///   - name: The image's name.
    ///   - despiteHolders: Whether it goes though plants have noted machines on it: for one whose plant will never be back.
    /// - Throws: ``WarehouseError``: `notFound`; `notPublished` for an image that only `index.txt` names; `inUse` with
    ///   the machines' names; `busy` when somebody else is publishing or removing that name.
    public func remove(_ name: String, despiteHolders: Bool = false) async throws(WarehouseError) {
        try ImageName.check(name)
        let lock = try await BlockingWork.run { flag throws(WarehouseError) in
            try self.checkRemovable(name, flag)
            let lock = try self.lock(name)
            // Somebody may have removed it before the lock was ours.
            try self.checkRemovable(name, flag)
            return lock
        }
        defer { lock.release() }
        try await self.checkUnused(name, "removed", despiteHolders: despiteHolders)
        // Now nobody can begin to use it any more; somebody may just have begun.
        let place = self.layout.folder(of: name)
        let isWithdrawn = try await BlockingWork.run { _ throws(WarehouseError) in try Self.withdraw(place) }
        do throws(WarehouseError) {
            try await self.checkUnused(name, "removed", despiteHolders: despiteHolders)
        } catch {
            if isWithdrawn { try await BlockingWork.run { _ throws(WarehouseError) in try Self.putBack(place) } }
            throw error
        }
        try await BlockingWork.run { _ throws(WarehouseError) in
            let grave = self.layout.images.appending(WarehouseLayout.Temporary.removing.name(for: name))
            try Folder.rename(place, to: grave)
            try Folder.synchronise(self.layout.images)
            try Folder.delete(grave)
        }
    }

    /// Takes the manifest away, so that the image cannot be chosen; answers whether there was one.
    ///
    /// Whoever is killed here leaves an image that is listed as damaged, and can be removed.
    private static func withdraw(_ place: PlainPath) throws(WarehouseError) -> Bool {
        let manifest = place.appending(WarehouseLayout.manifestName)
        guard Folder.holds(manifest) else { return false }
        try Folder.rename(manifest, to: place.appending(WarehouseLayout.withdrawnName))
        return true
    }

    private static func putBack(_ place: PlainPath) throws(WarehouseError) {
        let withdrawn = place.appending(WarehouseLayout.withdrawnName)
        try Folder.rename(withdrawn, to: place.appending(WarehouseLayout.manifestName))
    }

    private func checkRemovable(_ name: String, _ flag: CancellationFlag) throws(WarehouseError) {
        if Folder.holds(self.layout.folder(of: name)) { return }
        if case .index(let line, let path) = try self.catalogue.listing(named: name, flag)?.source {
            throw WarehouseError(
                .notPublished,
                "the image \(name) is not this warehouse's own: take line \(line) (\(path)) out of index.txt"
            )
        }
        throw WarehouseError(.notFound, "there is no image \(name) in the warehouse")
    }
}
