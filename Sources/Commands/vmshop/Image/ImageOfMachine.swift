import FoundationEssentials
import ShopAPI

/// Has a plant make an image of a machine, and waits until it is there.
struct ImageOfMachine {
    /// The machine as the user calls it.
    let machine: String
    let name: String
    let replace: Bool

    /// Whether `--from` names a directory, which counts before a machine of the same name.
    static func isDirectory(_ path: String) -> Bool {
        var isDirectory = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory
    }

    /// Publishes, and says what became of it.
    func publish(_ service: ServiceOptions, _ output: OutputOptions) async throws {
        let image = try await service.withClient { client in
            let id = try await MachineReference(word: machine).id(at: client)
            return try await wait(id, client, isQuiet: output.output != .table)
        }
        for warning in image.warnings { Terminal.note("warning: " + warning) }
        try output.print(image, root: "image") {
            let pause = image.pause.map { ", the machine stood still for \(Int($0 * 1000)) ms" } ?? ""
            return "published \(image.name), \(image.digest ?? "?"), \(image.actions) actions\(pause)"
        }
    }

    /// The same call again waits on.
    private func wait(_ id: MachineID, _ client: MachineClient, isQuiet: Bool) async throws -> MachineImage {
        var seen = ""
        while true {
            let image = try await client.publishImage(of: id, as: name, replace: replace)
            guard !image.isDone else { return image }
            if !isQuiet, image.progress != seen { Terminal.note(image.progress) }
            seen = image.progress
        }
    }
}
