import FoundationEssentials
import Glibc
import ShopAPI
import Warehouse

/// Which image a machine stands on, as the warehouse is told: plants that share it see by that what is needed.
///
/// Beside the disk is a link to the mark in the warehouse. It comes before the mark and goes after it, so whatever a crash
/// leaves is found with the machine's directory.
extension MachineDisks {
    /// Notes in the warehouse that a machine stands on its image, if that is not noted, and forgets what a machine noted whose
    /// directory this was before.
    ///
    /// - Throws: That the image is gone, or what failed.
    func hold(_ image: WarehouseImage, for id: MachineID) async throws {
        let (name, directory) = (id.resourceName, files(id).directory)
        guard let mark = try warehouse.mark(of: name, on: image) else { return }
        let link = ImageLink(directory: directory, machine: name)
        guard try await BlockingWork.run({ try !link.leads(to: mark) }) else { return }
        try await BlockingWork.run { try link.make(to: mark) }
        try await warehouse.hold(image, by: ImageHolder(machine: name, plant: settings.name))
        for other in try await BlockingWork.run({ try ImageLink.all(in: directory) }) where other != link {
            try await letGo(other)
        }
    }

    /// Forgets in the warehouse what the machine of a directory stood on, when its disks are gone.
    func letGo(in directory: String) async throws {
        for link in try await BlockingWork.run({ try ImageLink.all(in: directory) }) { try await letGo(link) }
    }

    private func letGo(_ link: ImageLink) async throws {
        if let mark = try await BlockingWork.run({ try link.mark() }) {
            do throws(WarehouseError) { try await warehouse.letGo(mark) } catch  where error.code == .unsafePath {
                // Of a warehouse that the plant had before.
            }
        }
        try await BlockingWork.run { try link.remove() }
    }

    /// Whether the warehouse knows what a machine stands on; so too when it has no directory, and stands on nothing.
    func isHeld(for id: MachineID) async throws -> Bool {
        let link = ImageLink(directory: files(id).directory, machine: id.resourceName)
        return try await BlockingWork.run { try link.isInOrder }
    }

    /// Those of some machines of which the warehouse knows what they stand on.
    func held(among ids: [MachineID]) async throws -> Set<MachineID> {
        let links = ids.map { ($0, ImageLink(directory: files($0).directory, machine: $0.resourceName)) }
        return try await BlockingWork.run {
            Set(links.filter { (try? $0.1.isInOrder) == true }.map(\.0))
        }
    }
}

/// The link beside a machine's disk that leads to its mark in the warehouse; it has the machine's name, which a directory
/// that was renamed has not.
struct ImageLink: Hashable, Sendable {
    var directory: String
    var machine: String

    private static let ending = ".image"
    private var path: String { directory + "/" + machine + Self.ending }

    /// Whether a file is such a link, by its name.
    static func isLink(_ name: String) -> Bool { name.hasSuffix(ending) }

    /// All links in a directory; none if there is no directory.
    static func all(in directory: String) throws -> [ImageLink] {
        guard FileManager.default.fileExists(atPath: directory) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: directory).filter(isLink).map {
            ImageLink(directory: directory, machine: String($0.dropLast(ending.count)))
        }
    }

    /// Where it leads to, if it is there.
    func mark() throws -> String? {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &bytes, bytes.count)
        guard count >= 0 else {
            guard errno == ENOENT else { throw Self.failure("read", path) }
            return nil
        }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Whether it leads to a mark that is there, or there is nothing that it could be beside.
    var isInOrder: Bool {
        get throws {
            guard FileManager.default.fileExists(atPath: directory) else { return true }
            guard let mark = try mark() else { return false }
            return try leads(to: mark)
        }
    }

    /// Whether it leads to this mark, and the mark is there.
    func leads(to mark: String) throws -> Bool {
        var status = stat()
        return try self.mark() == mark && stat(mark, &status) == 0
    }

    func make(to mark: String) throws {
        try remove()
        guard symlink(mark, path) == 0 else { throw Self.failure("make", path) }
    }

    func remove() throws {
        guard unlink(path) == 0 || errno == ENOENT else { throw Self.failure("remove", path) }
    }

    private static func failure(_ operation: String, _ path: String) -> ServiceError {
        ServiceError(.hostFailed, "cannot \(operation) \(path): \(String(cString: strerror(errno)))")
    }
}
