package import CostModel
import DAGModel

/// The images that every simulated plant has: one.
package enum SimulatedImages {
    /// What a machine of it takes that asks for nothing else.
    static let claim = ResourceClaim(memory: 1 << 28, cpus: 1, disk: 1 << 30)

    /// What plants tell of it.
    package static let list = BidImages(
        clone: .overlay,
        defaultMemory: 1 << 28,
        images: [
            BidImage(
                name: "small",
                answersTo: ["small"],
                root: "small",
                needs: HardwareNeeds(architecture: "x86_64", disk: ByteCount(bytes: 1 << 30)),
                bytes: 1 << 26,
                history: []
            )
        ]
    )
}
