import Warehouse

extension ImagePublish {
    /// Refuses an image that lacks what machines need, and says what could not be looked into.
    func checkRequirements(of draft: ImageDraft) async throws {
        guard !unchecked else { return }
        let report = try await draft.checkRequirements()
        for line in report.notChecked { Terminal.note(line) }
        let missing = report.missing
        guard !missing.isEmpty else { return }
        throw CommandFailure(
            message: "\(draft.name) lacks what machines need:\n"
                + missing.map { "  " + $0 }.joined(separator: "\n")
                + "\nhint: --unchecked publishes it all the same",
            exitCode: 65
        )
    }
}
