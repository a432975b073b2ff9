import DAGModel

/// Which image a machine is cloned from, or why none fits.
public enum ImageSelection: Sendable, Hashable {
    /// The best image.
    case chosen(ImageChoice)
    /// No image fits: the reason for each that was considered; empty when the warehouse is.
    case refused([ImageMisfit])

    /// Whether an entry of the list fits, or why it does not.
    static func fit(_ listing: ImageListing, start: Start, graph: Graph) -> Result<ImageChoice, ImageMisfit> {
        switch listing.state {
        case .unusable(let reason): .failure(ImageMisfit(image: listing.name, reason: .unusable(reason)))
        case .usable(let image): Self.fit(image, start: start, graph: graph)
        }
    }

    private static func fit(_ image: WarehouseImage, start: Start, graph: Graph) -> Result<ImageChoice, ImageMisfit> {
        func misfit(_ reason: ImageMisfit.Reason) -> Result<ImageChoice, ImageMisfit> {
            .failure(ImageMisfit(image: image.manifest.name, reason: reason))
        }
        if let reason = ImageSummary(image.manifest).needs.misfit(to: start.hardware) {
            return misfit(.hardware(reason))
        }
        switch graph.match(image.manifest.historyKeys) {
        case .misfit(let mismatch): return misfit(.history(mismatch))
        case .fits(let reused, let left):
            let wanted = max(start.hardware.disk?.bytes ?? 0, image.manifest.disk.virtualSize)
            guard let size = QCOW2Header.diskSize(holding: wanted) else {
                return misfit(.diskLimit(requested: ByteCount(bytes: wanted)))
            }
            let choice = ImageChoice(image: image, reused: reused, left: left, diskSize: size)
            return choice.unrecorded.map(misfit) ?? .success(choice)
        }
    }
}
