import AsyncHTTPClient
import Logging
import MachineBook
import ShopAPI
import Warehouse

/// Brings one image here, with what it stands on, from whoever has it. One of these lives as long as one transfer.
struct ImageReceiver: Sendable {
    let warehouse: Warehouse
    let sources: ImageSources
    let wanted: RemoteImage
    let isReplacing: Bool
    let logger: Logger
    /// How long a source may send nearly nothing.
    var patience = Duration.seconds(10)
    /// Told of bytes that came, and from which plant.
    let progress: @Sendable (_ bytes: Int, _ plant: String?) async -> Void

    /// How often a source may fail in a row without having sent anything, where there is another one.
    private static let mostFailures = 2
    /// How often the last one may: a plant that is started anew is back within these six seconds.
    private static let mostFailuresOfLast = 6
    /// How long is waited before a source is tried again, the first time; then twice as long, and so on.
    private static let firstPause = Duration.milliseconds(200)
    /// How long another transfer of the same file is waited for.
    private static let longestWait = Duration.seconds(600)

    /// Brings it, the deepest of what it stands on first.
    ///
    /// - Throws: ``ServiceError`` with what each source said.
    func run() async throws -> WarehouseImage {
        let version = wanted.image.reference
        // A transfer may have ended just before it was asked for again.
        if let here = await warehouse.current(version) { return here }
        FaultPoint.pass("fetch-begun")
        for version in wanted.image.standsOn.reversed() {
            let beneath = try await manifest(of: version)
            guard wanted.image.manifest.disk.layers.contains(where: { $0.digest == beneath.manifest.disk.digest })
            else {
                throw ServiceError(.hostFailed, "\(version) is not what \(wanted.image.reference) stands on")
            }
            if await !warehouse.holds(beneath) { try await receive(beneath, mode: .beside) }
        }
        return try await receive(wanted.image, mode: isReplacing ? .replace : .new)
    }

    private func manifest(of version: ImageReference) async throws -> ReceivedImage {
        try await each("manifest of \(version)") { source in
            let client = ImageClient(url: source.url, http: .shared)
            return try ReceivedImage(manifest: await client.manifest(of: version.wire), of: version)
        }
    }

    @discardableResult
    private func receive(_ image: ReceivedImage, mode: ReceptionMode) async throws -> WarehouseImage {
        var files: [IncomingFile] = []
        for file in image.files where !files.contains(where: { $0.file == file }) {
            let incoming = try await incoming(file)
            if await incoming.received < file.bytes, let owner = try await warehouse.filesHere()[file.digest] {
                try? await copy(incoming, from: owner)
            }
            if try await !incoming.isWhole() { try await fetch(incoming, of: image.reference) }
            files.append(incoming)
        }
        FaultPoint.pass("fetch-whole")
        let received = try await warehouse.receive(image, files: files, mode: mode)
        FaultPoint.pass("fetch-received")
        return received
    }

    /// Opens what came of a file. Images share files: another transfer of it ends first.
    private func incoming(_ file: TransferFile) async throws -> IncomingFile {
        let end = ContinuousClock.now + Self.longestWait
        while true {
            do {
                return try await warehouse.incoming(file)
            } catch {
                guard error.code == .busy, .now < end else { throw error }
            }
            try await Task.sleep(for: Self.firstPause)
        }
    }

    /// Takes a file from an image that is here.
    private func copy(_ incoming: IncomingFile, from owner: OfferedImage) async throws {
        let file = try await warehouse.openFile(incoming.file.digest, of: owner.reference)
        var position = await incoming.received
        while position < file.bytes {
            try Task.checkCancellation()
            let bytes = try await file.read(min(1 << 20, file.bytes - position), at: position)
            try await incoming.append(bytes)
            position += bytes.count
        }
    }

    private func fetch(_ incoming: IncomingFile, of version: ImageReference) async throws {
        try await each("file \(incoming.file.role.rawValue) of \(version)") { source in
            let isLast = source.url == wanted.sources.last?.url
            let limit = isLast ? Self.mostFailuresOfLast : Self.mostFailures
            try await fetch(incoming, of: version, from: source, atMost: limit)
        }
    }

    /// Fetches a file from one source: again from where it broke off, as long as each attempt brings something.
    private func fetch(
        _ incoming: IncomingFile,
        of version: ImageReference,
        from source: RemoteImage.ImageSource,
        atMost mostFailures: Int
    ) async throws {
        var pause = Self.firstPause
        var isAllFromSource = await incoming.received == 0
        var failures = 0
        while true {
            let before = await incoming.received
            do {
                try await download(incoming, of: version, from: source)
                if try await incoming.isWhole() { return }
                // Something came from elsewhere before: from now on it is this source's word alone.
                guard !isAllFromSource else {
                    throw WarehouseError(.damaged, "what it sent is not \(incoming.file.digest): it is refused")
                }
                isAllFromSource = true
            } catch let error as ServiceError where Self.mayPass(error) {
                logger.info("transfer broke off", metadata: ["image": "\(version)", "error": "\(error)"])
                if await incoming.received > before { (failures, pause) = (0, Self.firstPause) }
                failures += 1
                guard failures < mostFailures else { throw error }
                try await Task.sleep(for: pause)
                pause = pause * 2
            }
        }
    }

    private static func mayPass(_ error: ServiceError) -> Bool {
        [.timedOut, .unreachable, .unavailable].contains(error.code)
    }

    private func download(
        _ incoming: IncomingFile,
        of version: ImageReference,
        from source: RemoteImage.ImageSource
    ) async throws {
        let client = ImageClient(url: source.url, http: .shared, patience: patience)
        let file = OfferedFile(incoming.file)
        let began = ContinuousClock.now
        let before = await incoming.received
        guard before < file.bytes || file.bytes == 0 else { return }
        await progress(0, source.plant)
        try await client.read(file, of: version.wire, from: before) { first in
            // A server that knows no ranges sends all of it again.
            if first == 0, await incoming.received > 0 { try await incoming.restart() }
        } take: { bytes in
            try await incoming.append(bytes)
            FaultPoint.pass("fetch-part")
            await progress(bytes.count, source.plant)
        }
        let seconds = (ContinuousClock.now - began).seconds
        await sources.learn(source.url, bytes: await incoming.received - before, seconds: seconds)
    }

    /// Tries one source after the other.
    ///
    /// - Throws: What each of them said.
    private func each<Value: Sendable>(
        _ what: String,
        _ body: (RemoteImage.ImageSource) async throws -> Value
    ) async throws -> Value {
        var reasons: [String] = []
        for source in wanted.sources {
            do {
                return try await body(source)
            } catch let error as CancellationError {
                throw error
            } catch let error as WarehouseError where [.noSpace, .inputOutput, .cancelled].contains(error.code) {
                // No other source can help.
                throw error
            } catch {
                try Task.checkCancellation()
                let reason = (error as? WarehouseError)?.message ?? PlantParts.message(of: error)
                reasons.append("\(source.plant) at \(source.url): \(reason)")
            }
        }
        throw ServiceError(.hostFailed, "no source could send the \(what): " + reasons.joined(separator: "; "))
    }
}

extension OfferedFile {
    /// The file as it goes over the wire.
    init(_ file: TransferFile) {
        self.init(role: file.role.rawValue, digest: file.digest, bytes: file.bytes)
    }
}
