public import DAGModel

/// The image that was chosen, and what follows from it.
public struct ImageChoice: Sendable, Hashable {
    /// The image.
    public let image: WarehouseImage
    /// The actions of the graph that were done when the image was made, in the order in which they were.
    public let reused: [Action]
    /// The actions that are left to do, in the graph's order.
    public let left: [Action]
    /// The size in bytes that the machine's disk must have: what was asked for or the image's, rounded up to 512.
    public let diskSize: Int
    /// Seconds until the machine is expected to be ready, by the ``ReadyTime`` that decided.
    public internal(set) var expectedSeconds = 0.0
    /// Why images that would have been better, or as good, do not fit.
    public internal(set) var misfits: [ImageMisfit] = []

    init(image: WarehouseImage, reused: [Action], left: [Action], diskSize: Int) {
        self.image = image
        self.reused = reused
        self.left = left
        self.diskSize = diskSize
    }

    /// The attributes that the reused actions published when the image was made, by action id of this graph.
    public var recordedOutputs: [String: [String: String]] {
        var outputs: [String: [String: String]] = [:]
        // The three tests let the history and the reused actions correspond one to one.
        for (action, performed) in zip(self.reused, self.image.manifest.history) {
            outputs[action.id] = performed.outputs
        }
        return outputs
    }

    /// The first reused action of which the manifest lacks a required output: later actions may need it.
    var unrecorded: ImageMisfit.Reason? {
        let recorded = self.recordedOutputs
        for action in self.reused {
            let missing = action.outputs.filter { $0.required && recorded[action.id]?[$0.name] == nil }.map(\.name)
            if !missing.isEmpty { return .outputs(action: action.id, missing: missing) }
        }
        return nil
    }
}
