public import DAGModel

/// What decides between images that fit: how soon a machine made of each is expected to be ready.
public struct ReadyTime: Sendable {
    /// Seconds that each action takes, in the order of ``Graph/actions``.
    public let actions: [Double]
    /// Seconds that a machine of this image takes until its first action: clone, transfer, start. Asked of each image whose
    /// history may be the best, so it must be in memory.
    public let overhead: @Sendable (ImageSummary) -> Double
    /// Seconds that no image is below: the nearer to the least overhead there is, the fewer images are looked at.
    public let least: Double

    /// An expectation.
    ///
    /// - Parameters:
    ///   - actions: Seconds that each action takes, in the order of ``Graph/actions``.
    ///   - least: What no image's overhead is below.
    ///   - overhead: Seconds until the first action.
    public init(actions: [Double], least: Double = 0, overhead: @escaping @Sendable (ImageSummary) -> Double) {
        self.actions = actions
        self.least = least
        self.overhead = overhead
    }

    /// Where nothing is known: all actions take as long, and all images start as fast. The image with the most of the
    /// graph done is the best.
    public static func unknown(_ graph: Graph) -> ReadyTime {
        ReadyTime(actions: graph.actions.map { _ in 1 }) { _ in 0 }
    }

    /// The same with more overhead: what it takes besides to have an image that is not here.
    public func adding(_ more: @escaping @Sendable (ImageSummary) -> Double) -> ReadyTime {
        let overhead = self.overhead
        return ReadyTime(actions: self.actions, least: self.least) { overhead($0) + more($0) }
    }
}
