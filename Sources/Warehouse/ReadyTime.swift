public import DAGModel

/// What decides between images that fit: how soon a machine made of each is expected to be ready.
public struct ReadyTime: Sendable {
    /// Seconds that each action takes, in the order of ``Graph/actions``.
    public let actions: [Double]
    /// Seconds that a machine of each of these images takes until its first action: clone, transfer, start.
    public let overhead: @Sendable ([WarehouseImage]) async -> [Double]

    /// An expectation.
    ///
    /// - Parameters:
    ///   - actions: Seconds that each action takes, in the order of ``Graph/actions``.
    ///   - overhead: Seconds until the first action, for each of the given images.
    public init(actions: [Double], overhead: @escaping @Sendable ([WarehouseImage]) async -> [Double]) {
        self.actions = actions
        self.overhead = overhead
    }

    /// Where nothing is known: all actions take as long, and all images start as fast. The image with the most of the
    /// graph done is the best.
    public static func unknown(_ graph: Graph) -> ReadyTime {
        ReadyTime(actions: graph.actions.map { _ in 1 }) { images in images.map { _ in 0 } }
    }
}
