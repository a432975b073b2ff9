public import DAGModel

/// An image as a plant tells a shop of it: all that it takes to say whether it is the best for a request.
public struct BidImage: Sendable, Hashable, Codable {
    /// Its name.
    public var name: String
    /// The names by which a request that names an image gets this one: its own, and those of the images that it began as.
    public var answersTo: [String]
    /// The name of the image whose disk is at the bottom of its own: the same system starts from both.
    public var root: String
    /// What it asks of the machine that runs it.
    public var needs: HardwareNeeds
    /// The bytes of its disk's file.
    public var bytes: Int
    /// What made it, in the order in which it was done.
    public var history: [ActionKey]
    /// How it gets to the plant; nothing when it is there.
    public var transfer: TransferWork?

    /// An image.
    public init(
        name: String,
        answersTo: [String],
        root: String,
        needs: HardwareNeeds,
        bytes: Int,
        history: [ActionKey],
        transfer: TransferWork? = nil
    ) {
        self.name = name
        self.answersTo = answersTo
        self.root = root
        self.needs = needs
        self.bytes = bytes
        self.history = history
        self.transfer = transfer
    }

    /// What the start of a machine of it is known by.
    var start: [DurationSubject] {
        needs.saved == nil ? [.boot(image: root), .anyBoot] : [.boot(image: name), .anyWake]
    }
}

/// The images from which a plant can start machines. Plants with the same images say the same, so a shop that has many such
/// plants keeps it once.
public struct BidImages: Sendable, Hashable, Codable {
    /// How their disks are cloned.
    public var clone: CloneMethod
    /// Bytes of memory of a machine of which nothing is said.
    public var defaultMemory: Int
    /// The images.
    public var images: [BidImage]

    /// A plant with more images is asked about each request instead.
    public static let mostImages = 2_000

    /// Images.
    public init(clone: CloneMethod, defaultMemory: Int, images: [BidImage]) {
        self.clone = clone
        self.defaultMemory = defaultMemory
        self.images = images
    }

    /// Seconds until a machine of an image does its first action.
    func overhead(_ image: BidImage, _ durations: BidDurations) -> Double {
        (image.transfer?.expectedSeconds ?? 0) + CloneWork(method: clone, bytes: image.bytes).expectedSeconds
            + durations.expected(image.start).seconds
    }
}

/// What a plant has learned of how long things take, by ``DurationSubject/text``: the seconds that half of the runs took.
public struct BidDurations: Sendable, Hashable, Codable {
    /// The seconds.
    public var seconds: [String: Double]

    /// Of more very steps a plant does not tell; those that it ran last count.
    public static let mostSteps = 2_000

    /// Durations.
    public init(seconds: [String: Double] = [:]) { self.seconds = seconds }

    /// What is expected: of the first subject that was ever seen, else what is assumed of the last.
    public func expected(_ subjects: [DurationSubject]) -> ExpectedDuration {
        for subject in subjects {
            guard let known = seconds[subject.text] else { continue }
            return ExpectedDuration(seconds: known, basis: "runs of \(subject.title)")
        }
        return ExpectedDuration(assumed: subjects.last?.fallback ?? 0)
    }
}
