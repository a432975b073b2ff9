import Logging
import ShopAPI
import Warehouse

/// Fetches images: whoever wants one that is on its way waits for that, and so many travel at a time.
actor ImageFetcher {
    private typealias Waiter = AsyncStream<Result<WarehouseImage, any Error>>.Continuation

    /// A transfer that was asked for.
    private struct Transfer {
        var wanted: RemoteImage
        var isReplacing: Bool
        var state: ImageTransfer
        var task: Task<Void, Never>?
    }

    private let warehouse: Warehouse
    private let sources: ImageSources
    private let plant: String
    private let logger: Logger
    private var table: TransferTable
    private var transfers: [ImageReference: Transfer] = [:]
    private var waiters: [Int: Waiter] = [:]
    private var lastWaiter = 0
    /// How the last transfer of each name ended; forgotten when it is asked for again.
    private var ended: [String: ImageTransfer] = [:]

    /// A fetcher; `limit` images travel at a time.
    init(warehouse: Warehouse, sources: ImageSources, plant: String, limit: Int, logger: Logger) {
        self.warehouse = warehouse
        self.sources = sources
        self.plant = plant
        self.logger = logger
        table = TransferTable(limit: limit)
    }

    /// Bytes that have come of images on their way.
    var received: [ImageReference: Int] { transfers.mapValues(\.state.received) }

    /// Brings an image here and waits for it. When all who wait are gone, it is given up; what came of it stays.
    ///
    /// - Throws: ``ServiceError`` with what each source said.
    func fetch(_ wanted: RemoteImage, bytes: Int) async throws -> WarehouseImage {
        lastWaiter += 1
        let waiter = lastWaiter
        let version = wanted.image.reference
        let (results, continuation) = AsyncStream.makeStream(of: Result<WarehouseImage, any Error>.self)
        waiters[waiter] = continuation
        ask(waiter, wanted, isReplacing: false, bytes)
        for await result in results { return try result.get() }
        waiters[waiter] = nil
        if table.leave(waiter, version) { transfers[version]?.task?.cancel() }
        throw CancellationError()
    }

    /// Begins to bring an image here, for nobody who waits.
    func begin(_ wanted: RemoteImage, isReplacing: Bool, bytes: Int) -> ImageTransfer {
        ended[wanted.image.manifest.name] = nil
        ask(nil, wanted, isReplacing: isReplacing, bytes)
        return transfers[wanted.image.reference]?.state ?? state(wanted, bytes)
    }

    /// How an image of that name stands on its way, or how its transfer ended. An end is told once.
    func state(of name: String) -> ImageTransfer? {
        if let transfer = transfers.first(where: { $0.key.name == name }) { return transfer.value.state }
        return ended.removeValue(forKey: name)
    }

    /// Ends all transfers; what came stays.
    func close() async {
        let tasks = transfers.values.compactMap(\.task)
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    private func state(_ wanted: RemoteImage, _ bytes: Int) -> ImageTransfer {
        ImageTransfer(
            image: wanted.image.manifest.name,
            plant: plant,
            state: .fetching,
            source: wanted.sources.first?.plant,
            total: bytes
        )
    }

    private func ask(_ waiter: Int?, _ wanted: RemoteImage, isReplacing: Bool, _ bytes: Int) {
        let version = wanted.image.reference
        if transfers[version] == nil {
            transfers[version] = Transfer(wanted: wanted, isReplacing: isReplacing, state: state(wanted, bytes))
        }
        if table.ask(waiter, for: version) { start(version) }
    }

    private func start(_ version: ImageReference) {
        guard let transfer = transfers[version] else { return }
        let receiver = ImageReceiver(
            warehouse: warehouse,
            sources: sources,
            wanted: transfer.wanted,
            isReplacing: transfer.isReplacing,
            logger: logger
        ) { [weak self] bytes, plant in await self?.note(version, bytes, plant) }
        // UNSTRUCTURED: whoever waits waits for its end; `close()` and the last who leaves cancel it.
        transfers[version]?.task = Task {
            do { self.end(version, .success(try await receiver.run())) } catch { self.end(version, .failure(error)) }
        }
    }

    private func note(_ version: ImageReference, _ bytes: Int, _ plant: String?) {
        transfers[version]?.state.received += bytes
        if let plant { transfers[version]?.state.source = plant }
    }

    private func end(_ version: ImageReference, _ result: Result<WarehouseImage, any Error>) {
        let (waiting, next) = table.end(version)
        for waiter in waiting {
            waiters[waiter]?.yield(result)
            waiters.removeValue(forKey: waiter)?.finish()
        }
        if var state = transfers.removeValue(forKey: version)?.state { note(result, &state) }
        if let next { start(next) }
    }

    private func note(_ result: Result<WarehouseImage, any Error>, _ state: inout ImageTransfer) {
        switch result {
        case .success:
            state.state = .present
            logger.info("image fetched", metadata: ["image": "\(state.image)", "source": "\(state.source ?? "-")"])
        case .failure(let error):
            state.state = .failed
            state.problem = (error as? WarehouseError)?.message ?? PlantParts.message(of: error)
            logger.warning("image not fetched", metadata: ["image": "\(state.image)", "error": "\(error)"])
        }
        // Only a failure is to be told: an image that is here tells itself.
        if state.state == .failed { ended[state.image] = state }
    }
}
