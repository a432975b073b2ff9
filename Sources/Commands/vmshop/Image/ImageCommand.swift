import ArgumentParser
import FoundationEssentials
import Warehouse

/// `vmshop image`.
struct ImageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image",
        abstract: "Publish, look at and remove the images of a warehouse.",
        discussion: "These commands work on the warehouse's directory; plants see what they change at once.",
        subcommands: [
            ImagePublish.self, ImageList.self, ImageShow.self, ImageTree.self, ImageWarm.self, ImageFetch.self,
            ImageVerify.self,
            ImageRollback.self,
            ImageRemove.self, ImageGarbage.self,
        ]
    )
}

/// Which warehouse is meant.
struct WarehouseOptions: ParsableArguments {
    @Option(help: "The warehouse's directory (default: $VMSHOP_WAREHOUSE, else /var/lib/vmshop/warehouse).")
    var warehouse: String?

    @Option(help: "A further directory in which files named by index.txt may lie.")
    var root: [String] = []

    /// Where it is.
    private var directory: String {
        Self.absolute(warehouse ?? Variable.value("VMSHOP_WAREHOUSE") ?? "/var/lib/vmshop/warehouse")
    }

    /// Whether it is there at all; the first image that is published makes it.
    var exists: Bool {
        var isDirectory = false
        return FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory) && isDirectory
    }

    /// Runs `body` with a warehouse that is there; its errors become exit codes.
    func withExistingWarehouse<Value>(
        inUse: @escaping Warehouse.UseCheck = { _ in [] },
        _ body: (Warehouse) async throws -> Value
    ) async throws -> Value {
        guard exists else {
            throw CommandFailure(
                message: "there is no warehouse `\(directory)` (--warehouse, $VMSHOP_WAREHOUSE)",
                exitCode: 66
            )
        }
        return try await withWarehouse(inUse: inUse, body)
    }

    /// Runs `body` with the warehouse; its errors become exit codes.
    func withWarehouse<Value>(
        inUse: @escaping Warehouse.UseCheck = { _ in [] },
        _ body: (Warehouse) async throws -> Value
    ) async throws -> Value {
        do {
            return try await body(Warehouse(directory: directory, allowedRoots: root.map(Self.absolute), inUse: inUse))
        } catch let error as WarehouseError {
            throw CommandFailure(message: error.message, exitCode: Self.exitCode(error.code))
        }
    }

    /// A path from the root.
    static func absolute(_ path: String) -> String {
        let path = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        return URL(filePath: path).standardized.path(percentEncoded: false)
    }

    private static func exitCode(_ code: WarehouseError.Code) -> Int32 {
        switch code {
        case .notFound: 66
        case .invalidName, .invalidDraft: 64
        case .damaged, .unsafeImage, .unsafePath, .tooLarge: 65
        case .nameTaken, .inUse, .busy, .conflict, .notPublished: 73
        case .noSpace, .inputOutput: 74
        default: 1
        }
    }
}

/// Shows how far a long piece of work on files is, on one line of the terminal.
enum FileProgress {
    /// A handler that prints each tenth.
    static func handler(quiet: Bool) -> WarehouseProgress.Handler {
        { progress in
            guard !quiet, progress.totalBytes > 64 << 20 else { return }
            let percent = progress.completedBytes * 100 / max(1, progress.totalBytes)
            Terminal.note("\(progress.phase.rawValue) \(progress.file.rawValue): \(percent) %")
        }
    }
}
