import Testing

extension Lab {
    /// Makes the image `small-saved`, a memory template.
    func makeSaved(at plant: Plant) async throws {
        let words = [
            "image", "warm", "small", "--as", "small-saved", "--driver", "template", "--plant", plant.rawValue,
        ]
        let made = try await vmshop(words)
        guard made.code == 0 else { throw Program.Failure(description: made.text) }
    }

    /// Removes it.
    func removeSaved() async throws {
        let answer = try await vmshop(["image", "remove", "small-saved", "--force", "--warehouse", warehouse])
        #expect(answer.code == 0, "\(answer.text)")
    }
}
