public import DAGModel

/// What somebody elsewhere must know of an image to say whether it is the best for a request.
public struct ImageOutline: Sendable, Hashable {
    /// The image.
    public let summary: ImageSummary
    /// The names by which a request that names an image gets this one: its own, and those of the images that it began as.
    public let answersTo: [String]
    /// What made it, in the order in which it was done.
    public let history: [ActionKey]
}

extension Warehouse {
    /// A number that changes whenever the images do that can be used.
    public func changeCount() async throws(WarehouseError) -> Int {
        let catalogue = self.catalogue
        return try await BlockingWork.run { flag throws(WarehouseError) in
            try catalogue.withIndex(flag) { $0.changes }
        }
    }

    /// Outlines of all images that can be used.
    ///
    /// - Parameters:
    ///   - limit: how many images there may be.
    ///   - obstacle: why the host cannot use an image, nothing when it can.
    /// - Returns: the outlines, in the order of the list; nothing when there are more images than that.
    /// - Throws: ``WarehouseError`` when the warehouse cannot be read.
    public func outlines(
        atMost limit: Int,
        obstacle: @Sendable (ImageManifest) async -> String? = { _ in nil }
    ) async throws(WarehouseError) -> [ImageOutline]? {
        let catalogue = self.catalogue
        let count = try await BlockingWork.run { flag throws(WarehouseError) in
            try catalogue.withIndex(flag) { $0.count }
        }
        guard count <= limit else { return nil }
        let manifests = try await self.listings().compactMap { $0.image?.manifest }
        let current = Dictionary(manifests.map { ($0.name, $0) }) { first, _ in first }
        var outlines: [ImageOutline] = []
        for manifest in manifests where await obstacle(manifest) == nil {
            outlines.append(ImageOutline(manifest, among: current))
        }
        return outlines
    }
}

extension ImageOutline {
    /// The outline of an image.
    ///
    /// - Parameters:
    ///   - image: its manifest.
    ///   - current: all images that can be used beside it, by their names.
    public init(_ image: ImageManifest, among current: [String: ImageManifest]) {
        self.init(
            summary: ImageSummary(image),
            answersTo: [image.name] + Self.ancestors(of: image, among: current),
            history: image.historyKeys
        )
    }

    /// More than this no lineage is followed back.
    private static let longestLineage = 64

    /// The images by whose names it is chosen too, as ``ImageSelector`` does: what a plant kept of an image, or the image as
    /// it was saved under the name that a warm image has by default. Each must be the current version still.
    private static func ancestors(of image: ImageManifest, among current: [String: ImageManifest]) -> [String] {
        if image.origin == .warm {
            guard image.memory != nil, let parent = image.parent, current[parent.name]?.reference == parent,
                image.name == parent.name + ImageManifest.warmSuffix
            else { return [] }
            return [parent.name]
        }
        var names: [String] = []
        var next = image
        while names.count < Self.longestLineage, [.checkpoint, .automatic, .warm].contains(next.origin),
            let parent = next.parent, let manifest = current[parent.name], manifest.reference == parent
        {
            names.append(parent.name)
            next = manifest
        }
        return names
    }
}
