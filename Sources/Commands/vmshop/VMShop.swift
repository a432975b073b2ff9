import ArgumentParser
import Glibc
import ShopAPI

/// `vmshop`: the command line of shops, plants and warehouses.
@main
struct VMShop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vmshop",
        abstract: "Turn a described machine into a running one.",
        discussion: """
            The shop is at --url, else $VMSHOP_URL, else http://127.0.0.1:8100; a plant can be spoken to just so.
            Exit codes: 0 done; 1 the machine or an action failed; 64 wrong usage; 65 invalid document; 66 no such \
            machine, image or file; 69 service not reached; 70 a mistake in VMShop; 73 the machine is busy or another; \
            74 a file or the answer cannot be written; 75 no plant can take it now; 77 not admitted.
            """,
        version: ShopAPI.productVersion,
        subcommands: [
            Validate.self, DAGCommand.self, EstimateCommand.self, PlanCommand.self, Reserve.self, Release.self,
            Create.self, GangCommand.self,
            List.self,
            QueryCommand.self, Show.self, Explain.self,
            LeaseCommand.self,
            Configure.self,
            Collect.self, ImageCommand.self, PlantCommand.self,
        ]
    )

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as ServiceError {
            ErrorText.print(error)
            Glibc.exit(error.code.exitCode)
        } catch let failure as CommandFailure {
            Terminal.complain(failure.message)
            Glibc.exit(failure.exitCode)
        } catch {
            exit(withError: error)
        }
    }
}

/// A failure that the command itself found.
struct CommandFailure: Error {
    var message: String
    var exitCode: Int32 = 1
}
