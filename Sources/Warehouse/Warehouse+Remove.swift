extension Warehouse {
    /// Removes a published image: it is gone in one instant, and its files are deleted afterwards.
    ///
    /// - Throws: ``WarehouseError``: `notFound`; `notPublished` for an image that only `index.txt` names; `inUse` with
    ///   the machines' names; `busy` when somebody else is publishing or removing that name.
    public func remove(_ name: String) async throws(WarehouseError) {
        try ImageName.check(name)
        let lock = try await BlockingWork.run { flag throws(WarehouseError) in
            try self.checkRemovable(name, flag)
            let lock = try self.lock(name)
            // Somebody may have removed it before the lock was ours.
            try self.checkRemovable(name, flag)
            return lock
        }
        try await self.checkUnused(name, "removed")
        try await BlockingWork.run { _ throws(WarehouseError) in
            defer { lock.release() }
            let grave = self.layout.images.appending(WarehouseLayout.Temporary.removing.name(for: name))
            try Folder.rename(self.layout.folder(of: name), to: grave)
            try Folder.synchronise(self.layout.images)
            try Folder.delete(grave)
        }
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
