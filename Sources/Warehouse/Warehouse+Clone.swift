extension Warehouse {
    /// Makes a machine's disk: a qcow2 overlay over the image's, which is as the manifest says.
    ///
    /// - Parameters:
    ///   - image: the image. A warehouse that verifies looks once more whether its files are as they were published.
    ///   - path: the absolute path of the overlay; its folder must exist.
    ///   - virtualSize: the new disk's size in bytes, at least the image's and a multiple of 512.
    /// - Throws: ``WarehouseError``: `damaged` with the reason; `conflict` when another file is at `path`.
    public func clone(_ image: WarehouseImage, to path: String, virtualSize: Int) async throws(WarehouseError) {
        try await self.ledger?.check(image, beneath: self.roots(of: image))
        try await DiskClone.createOverlay(
            base: image.diskPath,
            format: image.manifest.disk.format,
            at: path,
            virtualSize: virtualSize
        )
    }

    /// The listing, or why its image cannot be used after all.
    func verified(_ listing: ImageListing) async -> ImageListing {
        guard let ledger = self.ledger, let image = listing.image else { return listing }
        do throws(WarehouseError) {
            try await ledger.check(image, beneath: self.roots(of: image))
            return listing
        } catch {
            return ImageListing(name: listing.name, source: listing.source, state: .unusable(reason: error.message))
        }
    }

    /// A published image is complete in the warehouse; only `index.txt` may point elsewhere.
    private func roots(of image: WarehouseImage) -> AllowedRoots {
        image.source == .published ? AllowedRoots(folders: [self.layout.directory]) : self.roots
    }
}
