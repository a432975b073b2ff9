extension Warehouse {
    /// Makes a machine's disk from an image's, which is as the manifest says.
    ///
    /// - Parameters:
    ///   - image: the image. A warehouse that verifies looks once more whether its files are as they were published.
    ///   - path: the absolute path of the disk; its folder must exist.
    ///   - virtualSize: the new disk's size in bytes, at least the image's and a multiple of 512.
    ///   - method: how it is made, as ``cloneChoice(for:virtualSize:in:wish:)`` says.
    /// - Throws: ``WarehouseError``: `damaged` with the reason; `conflict` when another file is at `path`.
    public func clone(
        _ image: WarehouseImage,
        to path: String,
        virtualSize: Int,
        method: DiskCloneMethod = .overlay
    ) async throws(WarehouseError) {
        try await self.ledger?.check(image, beneath: self.roots)
        let mark = UseMark(folder: try PlainPath(image.diskPath).parent)
        try await BlockingWork.run { _ throws(WarehouseError) in mark.set() }
        let (base, format) = (image.diskPath, image.manifest.disk.format)
        switch method {
        case .overlay:
            try await DiskClone.createOverlay(base: image.disk(), at: path, virtualSize: virtualSize)
        case .reflink: try await DiskClone.createReflink(base: base, format: format, at: path)
        case .copy: try await DiskClone.createCopy(base: base, format: format, at: path)
        }
    }

    /// The listing, or why its image cannot be used after all.
    func verified(_ listing: ImageListing) async -> ImageListing {
        guard let ledger = self.ledger, let image = listing.image else { return listing }
        do throws(WarehouseError) {
            try await ledger.check(image, beneath: self.roots)
            return listing
        } catch {
            return ImageListing(name: listing.name, source: listing.source, state: .unusable(reason: error.message))
        }
    }
}
