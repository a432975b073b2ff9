extension VirtConnection {
    /// What happens to all domains from now on.
    ///
    /// The stream outlives a restart of the daemon: it registers anew, and puts ``VirtEvent/gap`` where events are
    /// missing. It keeps the newest 4096 that nobody has read yet. It ends when its reader stops, and holds a connection
    /// of its own, so that calls which hang do not keep events back.
    ///
    /// - Returns: The stream, registered already.
    /// - Throws: ``VirtError`` when the hypervisor does not answer now.
    public func events() async throws(VirtError) -> AsyncStream<VirtEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: VirtEvent.self, bufferingPolicy: .bufferingNewest(4096))
        let first = try await subscribe(continuation)
        // UNSTRUCTURED: cancelled when the stream's reader stops; it ends the stream when it ends itself.
        let keeper = Task { await self.keep(first, continuation) }
        continuation.onTermination = { _ in keeper.cancel() }
        return stream
    }

    /// Renews the subscription whenever its connection is lost, until cancelled.
    private func keep(_ first: EventSubscription, _ continuation: AsyncStream<VirtEvent>.Continuation) async {
        var subscription = first
        while true {
            for await _ in subscription.untilLost {}  // also returns when the task is cancelled
            await cancel(subscription)
            guard !Task.isCancelled, let renewed = await resubscribe(continuation) else { break }
            subscription = renewed
            continuation.yield(.gap)
        }
        continuation.finish()
    }

    /// Tries until it succeeds, ever more slowly up to once a second; `nil` when cancelled.
    private func resubscribe(_ continuation: AsyncStream<VirtEvent>.Continuation) async -> EventSubscription? {
        var pause = Duration.milliseconds(20)
        while !Task.isCancelled {
            if let renewed = try? await subscribe(continuation) {
                guard Task.isCancelled else { return renewed }
                await cancel(renewed)
                break
            }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(1))
        }
        return nil
    }

    private func subscribe(
        _ continuation: AsyncStream<VirtEvent>.Continuation
    ) async throws(VirtError) -> EventSubscription {
        let uri = self.uri
        let isLocal = self.isLocal
        return try await perform("virConnectDomainEventRegisterAny") { shared throws(VirtError) in
            // A local driver's world may hang on its one connection.
            let connection = isLocal ? shared : try ConnectionHandle(opening: uri)
            return try EventSubscription(on: connection, isLocal: isLocal) { event in
                // The oldest made way for this one, so the reader misses something.
                if case .dropped = continuation.yield(.domain(event)) { continuation.yield(.gap) }
            }
        }
    }

    private func cancel(_ subscription: EventSubscription) async {
        _ = await BlockingCall.run("virConnectDomainEventDeregisterAny", deadline: deadline) {
            subscription.cancel()
            return .success(())
        }
    }
}
