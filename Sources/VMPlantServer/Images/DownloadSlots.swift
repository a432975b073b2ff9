import ShopAPI
import Warehouse

/// How many downloads a plant serves at a time. One that takes nothing for a while does not count any more, so that readers
/// who stand still keep nobody else out.
actor DownloadSlots {
    private static let patience = Duration.seconds(30)

    private let limit: Int
    private var lastTaken: [Int: ContinuousClock.Instant] = [:]
    private var lastSlot = 0

    /// - Parameter limit: How many downloads are served at a time.
    init(limit: Int) { self.limit = limit }

    /// Takes a slot.
    ///
    /// - Throws: ``ServiceError`` `service.unavailable` when none is free.
    func enter() throws -> Int {
        let oldest = ContinuousClock.now - Self.patience
        lastTaken = lastTaken.filter { $0.value > oldest }
        guard lastTaken.count < limit else {
            throw ServiceError(
                .unavailable,
                "\(limit) downloads are being served already",
                hint: "try again in a moment"
            )
        }
        lastSlot += 1
        lastTaken[lastSlot] = .now
        return lastSlot
    }

    /// Notes that a download goes on.
    func use(_ slot: Int) { lastTaken[slot] = .now }

    /// Gives a slot back.
    func leave(_ slot: Int) { lastTaken[slot] = nil }
}

/// A file while somebody downloads it; the slot is given back with the last reference.
final class DownloadedFile: ReadableFile {
    private let content: OfferedBytes
    private let slot: Int
    private let slots: DownloadSlots

    var bytes: Int { content.bytes }

    init(content: OfferedBytes, slot: Int, slots: DownloadSlots) {
        self.content = content
        self.slot = slot
        self.slots = slots
    }

    deinit {
        // UNSTRUCTURED: one message to an actor; nobody waits for it.
        Task { [slots, slot] in await slots.leave(slot) }
    }

    func read(_ count: Int, at offset: Int) async throws -> [UInt8] {
        await slots.use(slot)
        return try await content.read(count, at: offset)
    }
}

/// The tag of a list: another list has another one.
struct TagDigest {
    private var lines: [String] = []

    /// Adds an image.
    mutating func add(_ name: String, _ digest: String) { lines.append(name + " " + digest) }

    /// The tag, in the quotes that HTTP wants.
    var tag: String { "\"" + Warehouse.digest(of: lines) + "\"" }
}
