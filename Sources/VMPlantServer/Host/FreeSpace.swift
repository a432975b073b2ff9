import DAGModel
import Glibc
import ShopAPI

/// How much room the file system of the machines has left, by a look that is a second old at most.
actor FreeSpace {
    private let path: String
    private let reserve: Int
    private var last: (free: Int, at: ContinuousClock.Instant)?

    private static let age = Duration.seconds(1)

    /// - Parameters:
    ///   - path: A directory in the file system.
    ///   - reserve: Bytes that new machines must leave alone.
    init(at path: String, reserve: Int) {
        self.path = path
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
        let path = path
        let free = try await BlockingWork.run {
            var info = statvfs()
            guard statvfs(path, &info) == 0 else {
                throw ServiceError(.hostFailed, "\(path): \(String(cString: strerror(errno)))")
            }
            return Int(
                clamping: UInt64(info.f_bavail).multipliedReportingOverflow(by: UInt64(info.f_frsize)).partialValue
            )
        }
        last = (free, .now)
        return free
    }
}
