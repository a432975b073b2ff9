import ArgumentParser
import ShopAPI

/// Finds the machine that a word on the command line means: its id, the beginning of it, or its name.
struct MachineReference {
    let word: String

    /// The id.
    ///
    /// - Throws: ``CommandFailure`` when no machine is meant, or more than one.
    func id(at client: MachineClient) async throws -> MachineID {
        if let id = MachineID(word) { return id }
        let machines = try await client.machines(matching: nil, includeGone: true)
        let named = machines.filter { $0.name == word }
        let live = named.filter(\.state.holdsResources)
        let begun = word.count >= 4 ? machines.filter { $0.id.text.hasPrefix(word.uppercased()) } : []
        for candidates in [live, named, begun] {
            if candidates.count == 1 { return candidates[0].id }
            guard candidates.isEmpty else {
                let ids = candidates.map(\.id.text).joined(separator: ", ")
                throw CommandFailure(message: "`\(word)` means several machines: \(ids)", exitCode: 64)
            }
        }
        throw CommandFailure(message: "there is no machine `\(word)`; `vmshop list --all` shows all", exitCode: 66)
    }
}

extension MachineID {
    /// The id that is written on the command line, where no other word will do.
    ///
    /// - Throws: A `ValidationError` for what is none.
    static func written(_ word: String) throws -> MachineID {
        guard let id = MachineID(word) else { throw ValidationError("an id is a ULID (26 characters), not `\(word)`") }
        return id
    }
}
