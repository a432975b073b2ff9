import ArgumentParser
import DAGModel
import ShopAPI

/// `vmshop lease`.
struct LeaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lease",
        abstract: "Have a machine's lease end so long from now.",
        discussion: "A machine that stands still since its lease is over goes on. `none` takes the end away."
    )

    @Argument(help: "The machine: its id, the beginning of it, or its name.")
    var machine: String

    @Argument(help: "How long from now: 30m, 4h, 7d; or none.")
    var duration: String

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard duration != "none" else { return }
        guard let time = DurationText.duration(duration), time > .zero, time <= Lease.longest else {
            let most = DurationText.text(Lease.longest)
            throw ValidationError(
                "a lease is a whole number with a unit (30m, 4h, 7d), at most \(most), or none; not `\(duration)`"
            )
        }
    }

    func run() async throws {
        let leased = try await service.withClient { client in
            let id = try await MachineReference(word: machine).id(at: client)
            return try await client.setLease(of: id, to: DurationText.duration(duration))
        }
        try output.print(leased, root: "machine") {
            leased.leaseUntil.map { "the lease of \(leased.id) ends at \($0)" }
                ?? "the lease of \(leased.id) has no end"
        }
    }
}
