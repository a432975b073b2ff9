import ArgumentParser
import CostModel
import ShopAPI

/// What a machine is placed by: shared by `vmshop create` and `vmshop reserve`.
struct PlacementOptions: ParsableArguments {
    @Argument(help: "The request document; - is standard input.")
    var file: String

    @Option(help: "The machine's id (a ULID); a new one when not given.", transform: MachineID.written)
    var id: MachineID?

    @Option(
        help: "How plants price this request (`vmshop estimate --help` has the policies).",
        transform: CostPolicy.written
    )
    var policy: CostPolicy?
}
