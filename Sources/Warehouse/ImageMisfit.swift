public import DAGModel

/// Why an image does not fit a request.
public struct ImageMisfit: Error, Sendable, Hashable, CustomStringConvertible {
    /// What does not fit; the first thing found.
    public enum Reason: Sendable, Hashable {
        /// There is no image of that name.
        case unknown
        /// It is listed, but cannot be used.
        case unusable(String)
        /// It is for another machine than was asked for.
        case hardware(HardwareMisfit)
        /// No disk can be as large as what was asked for.
        case diskLimit(requested: ByteCount)
        /// What was done to it is no beginning of the graph.
        case history(HistoryMismatch)
        /// An action was done to it, and its manifest does not say what that published.
        case outputs(action: String, missing: [String])
        /// Not said: there are too many images. The name is that of none; so many there are.
        case untold(Int)
    }

    /// The image's name.
    public let image: String
    /// What does not fit.
    public let reason: Reason

    /// A misfit.
    public init(image: String, reason: Reason) {
        self.image = image
        self.reason = reason
    }

    /// The misfit in words.
    public var description: String {
        switch self.reason {
        case .unknown: "there is no image \(self.image) in the warehouse"
        case .unusable(let reason): "\(self.image) cannot be used: \(reason)"
        case .hardware(let misfit): misfit.description(of: self.image)
        case .diskLimit(let requested):
            "no disk can be larger than \(ByteCount(bytes: QCOW2Header.maximumVirtualSize)), and \(requested) was asked for"
        case .history(let mismatch): "\(self.image) does not fit: \(mismatch)"
        case .outputs(let action, let missing):
            "\(self.image) has action `\(action)` done, but its manifest does not say what it published: "
                + missing.joined(separator: ", ")
        case .untold(let count): "\(count) more image\(count == 1 ? " does" : "s do") not fit either"
        }
    }
}
