import DAGModel
import FoundationEssentials
import ShopAPI
import Warehouse

/// That an image is being made of a machine: recorded before anything is done, gone after everything is.
struct PublicationIntent: Codable, Sendable, Hashable {
    var name: String
    var parent: ImageReference
    var history: [ActionKey]
    var origin: ImageOrigin
    var began: Timestamp
    /// Whether the machine is made to stand still for it, and must go on whatever happens.
    var suspends: Bool

    /// Whether an image that has the name is the one that was meant.
    func made(_ manifest: ImageManifest) -> Bool {
        // The manifest's time is to the second.
        manifest.parent == parent && manifest.historyKeys == history && manifest.origin == origin
            && manifest.published.timeIntervalSince1970 > Double(began.milliseconds) / 1000 - 1
    }
}

/// An image that was made of a machine.
struct MadeImage: Codable, Sendable, Hashable {
    var name: String
    var digest: String
    /// What had been done to the machine and its image then.
    var history: [ActionKey]
    var answer: MachineImage
}
