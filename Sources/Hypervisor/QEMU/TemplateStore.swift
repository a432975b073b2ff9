import BlockingCalls

/// The templates that machines were started from lately, read and checked once each.
///
/// They are memory of the plant's; so only a few are kept. Machines that run keep what they started from, whether or not
/// it is kept here.
actor TemplateStore {
    /// A template, ready to be inherited.
    struct Sealed: Sendable {
        var memory: SealedFile
        var devices: SealedFile
    }

    /// How many templates are kept.
    private let limit: Int
    private let queue: BlockingQueue
    /// The one that was asked for last is the last.
    private var kept: [(template: MemoryTemplate, reading: Task<Result<Sealed, HypervisorError>, Never>)] = []

    init(limit: Int = 4, queue: BlockingQueue) {
        (self.limit, self.queue) = (limit, queue)
    }

    /// The template's bytes. Several who ask at once wait for one reading; one that failed is not kept.
    ///
    /// - Throws: `.refused` for files that are not what they should be.
    func sealed(_ template: MemoryTemplate) async throws(HypervisorError) -> Sealed {
        let reading = take(template)
        kept.append((template, reading))
        if kept.count > limit { kept.removeFirst() }
        let result = await reading.value
        if case .failure = result { kept.removeAll { $0.template == template } }
        return try result.get()
    }

    private func take(_ template: MemoryTemplate) -> Task<Result<Sealed, HypervisorError>, Never> {
        if let index = kept.firstIndex(where: { $0.template == template }) { return kept.remove(at: index).reading }
        // UNSTRUCTURED: awaited by whoever asks for the template; it ends when both files are read.
        return Task { [queue] in
            do throws(HypervisorError) {
                return .success(
                    try await queue.run { () throws(HypervisorError) in
                        try Sealed(memory: SealedFile(template.memory), devices: SealedFile(template.devices))
                    }
                )
            } catch {
                return .failure(error)
            }
        }
    }
}
