import ArgumentParser
import CostModel
import ShopAPI

/// `vmshop reserve`.
struct Reserve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have the cheapest plant keep a place for a machine for some time, without making it.",
        discussion: """
            Kept are memory, processors, disk, an address and the domain's network. `vmshop create --id ID FILE` takes the \
            place; `vmshop release ID` gives it back; after a while (timeouts.reservation of the plant) it is free by itself.
            """
    )

    @OptionGroup var placement: PlacementOptions
    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let document = try DocumentFile.read(placement.file)
        let id = placement.id ?? .new()
        let bid = try await service.withClient { try await $0.reserve(id, document, policy: placement.policy) }
        try output.print(bid, root: "bid") {
            EstimateText.bids([bid], remark: "kept") + "\n\nkept until \(bid.validUntil): "
                + "`vmshop create --id \(id) \(placement.file)` takes it, `vmshop release \(id)` gives it back"
        }
    }
}

/// `vmshop release`.
struct Release: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give back a place that was kept for a machine; one that is not kept is no mistake."
    )

    @Argument(help: "The machine's id.", transform: MachineID.written)
    var id: MachineID

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.withClient { try await $0.release(reservation: id) }
    }
}
