import ArgumentParser
import ClassAds
import ShopAPI

/// `vmshop collect`.
struct Collect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Destroy machines and give back everything they held.",
        discussion: "Collecting a machine that was collected already is not an error."
    )

    @Argument(help: "The machines: ids, beginnings of ids, or names.")
    var machines: [String] = []

    @Option(help: "Also every machine that matches this query.")
    var matching: String?

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !machines.isEmpty || matching != nil else {
            throw ValidationError("name a machine, or say --matching QUERY")
        }
    }

    func run() async throws {
        try await service.withClient { client in
            let results = await collect(try await ids(client), client.with(deadline: .seconds(90)))
            let collected = results.compactMap { try? $0.get() }
            try output.print(collected, root: "machines") {
                results.isEmpty
                    ? "no machines" : collected.map { "\($0.id) \($0.state.rawValue)" }.joined(separator: "\n")
            }
            var failure: ServiceError?
            for case .failure(let error) in results {
                ErrorText.print(error)
                failure = failure ?? error
            }
            if let failure { throw ExitCode(failure.code.exitCode) }
        }
    }

    private static let atOnce = 16

    /// Collects machines, some at once; one that fails does not keep the others.
    private func collect(_ ids: [MachineID], _ client: MachineClient) async -> [Result<Machine, ServiceError>] {
        await withTaskGroup(of: (Int, Result<Machine, ServiceError>).self) { group in
            var results: [Int: Result<Machine, ServiceError>] = [:]
            for (index, id) in ids.enumerated() {
                if index >= Self.atOnce, let (done, result) = await group.next() { results[done] = result }
                group.addTask { (index, await Self.collect(id, client)) }
            }
            for await (index, result) in group { results[index] = result }
            return ids.indices.compactMap { results[$0] }
        }
    }

    private static func collect(_ id: MachineID, _ client: MachineClient) async -> Result<Machine, ServiceError> {
        do {
            return .success(try await client.collect(id))
        } catch {
            return .failure((error as? ServiceError) ?? ServiceError(.internalError, "machine \(id): \(error)"))
        }
    }

    private func ids(_ client: MachineClient) async throws -> [MachineID] {
        var ids: [MachineID] = []
        for word in machines {
            let id = try await MachineReference(word: word).id(at: client)
            // A service takes any id and leaves a tombstone; here an id that nobody knows is a slip of the pen.
            if MachineID(word) != nil { _ = try await client.machine(id) }
            if !ids.contains(id) { ids.append(id) }
        }
        if let matching {
            let query: Query
            do {
                query = try Query(parsing: matching)
            } catch {
                throw CommandFailure(message: "--matching cannot be read: \(error)", exitCode: 64)
            }
            ids += try await client.machines(matching: query, includeGone: false).map(\.id).filter { !ids.contains($0) }
        }
        return ids
    }
}
