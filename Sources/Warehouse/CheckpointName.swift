public import DAGModel

/// The names of images that a plant makes of machines by itself: `IMAGE.cp-` and twelve digits that depend on the image
/// at the bottom and on what was done to it, so that the same work done twice has one name.
public enum CheckpointName {
    private static let mark = ".cp-"
    private static let digits = 12

    /// Whether an image may have this name.
    public static func isImageName(_ text: String) -> Bool { ImageName.isValid(text) }

    /// The name for what became of an image.
    ///
    /// - Parameters:
    ///   - root: The version of an image that all of it stands on.
    ///   - history: What was done to it, in order.
    /// - Returns: The name.
    public static func name(root: ImageReference, history: [ActionKey]) -> String {
        var digest = ContentDigest()
        for line in [root.digest] + history.map(\.hex) { digest.update(Array((line + "\n").utf8)[...]) }
        let key = digest.finish().dropFirst("sha256:".count).prefix(Self.digits)
        return root.name.prefix(63 - Self.mark.count - Self.digits) + Self.mark + key
    }
}

extension ImageManifest {
    /// The version beneath all others, where a chain of images made of machines began; itself if it stands on none.
    public var root: ImageReference { self.disk.layers.last?.image ?? self.reference }
}
