import CostModel
import DAGModel
import ShopAPI
import Warehouse

/// What a plant would do for a request: the image, the hardware, the actions the image has and those that are left.
struct Plan: Sendable, Hashable {
    var image: WarehouseImage
    /// Every figure filled in: from the request, else the image's minimum, else the plant's defaults.
    var hardware: PlannedHardware
    /// How the image gets here; nothing when it is here.
    var transfer: TransferWork?
    var clone: CloneWork
    /// Whether a spare stands ready of which the machine can be made.
    var hasSpare = false
    var reused: [Action]
    var left: [Action]
    /// How long the request's actions are expected to take, by their ids.
    var expected: [String: ExpectedDuration] = [:]
    /// What the reused actions published when the image was made, by action.
    var recordedOutputs: [String: [String: String]]
    /// What the machine takes.
    var claim: ResourceClaim
    /// What the plant had to share out when this was planned.
    var capacity: PlantCapacity
    /// What the plant had to do when this was planned.
    var load: PlantLoad

    /// Why images that would have been better are not used.
    var passedOver: [ImageMisfit] = []

    /// The plan as it is shown, with the durations that are expected.
    func summary(_ work: PlannedWork, accuracy: EstimateAccuracy? = nil) -> PlanSummary {
        PlanSummary(
            image: image.manifest.name,
            reused: reused.map(\.id),
            work: work,
            passedOver: passedOver.map(\.description),
            accuracy: accuracy
        )
    }

    /// The reports of all actions as they stand before anything is done, in the order of the plan.
    var reports: [ActionReport] {
        reused.map { action in
            var report = ActionReport(action, status: .reused)
            let published = recordedOutputs[action.id] ?? [:]
            report.outputs = PublishedOutputs(declared: action.outputs, published: published).attributes
            return report
        } + left.map { ActionReport($0) }
    }
}

/// The hardware of a machine to be made.
struct PlannedHardware: Sendable, Hashable {
    /// Bytes.
    var memory: Int
    var cpus: Int
    /// Bytes; never less than the image's.
    var disk: Int
    var architecture: String
    var operatingSystem: String
}
