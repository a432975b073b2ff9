import FoundationEssentials

/// What interrupted publications and removals left behind.
enum Leftovers {
    /// Deletes unfinished work that no live process holds.
    ///
    /// What cannot be deleted now is left for the next time: it is invisible and harms nobody.
    static func clean(_ layout: WarehouseLayout) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: layout.images.description)) ?? []
        for name in names {
            guard let image = WarehouseLayout.Temporary.allCases.compactMap({ $0.image(in: name) }).first,
                let lock = try? NameLock.take(image, in: layout.locks)
            else { continue }
            defer { lock.release() }
            try? Folder.delete(layout.images.appending(name))
        }
    }
}
