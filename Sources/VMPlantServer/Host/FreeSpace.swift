import DAGModel

/// How much room the file system of the machines has left, by a look that is a second old at most.
actor FreeSpace {
    private let disks: MachineDisks
    private let reserve: Int
    private var last: (free: Int, at: ContinuousClock.Instant)?

    private static let age = Duration.seconds(1)

    /// - Parameters:
    ///   - disks: The machines' disks.
    ///   - reserve: Bytes that new machines must leave alone.
    init(of disks: MachineDisks, reserve: Int) {
        self.disks = disks
        self.reserve = reserve
    }

    /// Why there is no room for another machine; nothing when there is.
    func lack() async -> String? {
        guard reserve > 0 else { return nil }
        do {
            let free = try await look()
            guard free < reserve else { return nil }
            let (left, least) = (ByteCount(bytes: (free >> 20) << 20), ByteCount(bytes: reserve))
            return "its disk is nearly full: \(left) are free, and \(least) stay so (limits.diskReserve)"
        } catch {
            return "its disk cannot be looked at: \(PlantParts.message(of: error))"
        }
    }

    private func look() async throws -> Int {
        if let last, .now - last.at < Self.age { return last.free }
        let free = try await disks.freeBytes()
        last = (free, .now)
        return free
    }
}
