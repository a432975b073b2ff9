import CostModel
import FoundationEssentials
import Glibc
import NetStore
import ShopAPI
import Warehouse

/// The disks and logs of machines: one directory each, made before its first file and removed with all that is in it.
struct MachineDisks: Sendable {
    let settings: PlantSettings
    let warehouse: Warehouse

    func files(_ id: MachineID) -> MachineFiles { MachineFiles(id, stateDirectory: settings.stateDirectory) }

    /// Makes the machine's directory and in it its disk, of its image.
    func cloneImage(_ order: MachineOrder) async throws {
        let files = files(order.id)
        try await makeDirectory(of: order.id)
        // A spare goes with its image: it keeps nobody from removing that.
        if !order.isSpare { try await hold(order.plan.image, for: order.id) }
        try await warehouse.clone(
            order.plan.image,
            to: files.disk,
            virtualSize: order.plan.hardware.disk,
            method: DiskCloneMethod(rawValue: order.plan.clone.method.rawValue) ?? .overlay
        )
    }

    /// Copies the machine's disk, to which nobody writes now, for an image of it.
    func snapshot(of id: MachineID, of image: WarehouseImage) async throws -> DiskSnapshot {
        try await warehouse.snapshot(files(id).disk, of: image, to: files(id).snapshot)
    }

    /// Makes the copy stand on nothing.
    func flatten(_ snapshot: DiskSnapshot, of id: MachineID) async throws -> DiskSnapshot {
        try await warehouse.flatten(snapshot, by: files(id).wholeSnapshot)
    }

    /// Removes the copy.
    func removeSnapshot(of id: MachineID) async throws {
        try await DiskClone.remove(at: files(id).wholeSnapshot)
        try await DiskClone.remove(at: files(id).snapshot)
    }

    /// Writes the seed disk that tells cloud-init who the machine is and gives it the guest runner.
    func writeSeed(_ order: MachineOrder, lease: GuestLease, share: String) async throws {
        let seed = CloudInitSeed(machine: order.id, lease: lease, share: share)
        try await SeedDisk(files: seed.files).write(to: files(order.id).seed)
    }

    /// Removes the seed disk.
    func removeSeed(of id: MachineID) async throws { try await DiskClone.remove(at: files(id).seed) }

    /// Makes an empty data disk, of a size in whole sectors, and says where it is.
    func makeDataDisk(_ serial: String, of id: MachineID, size: Int) async throws -> String {
        let path = files(id).dataDisk(serial)
        try await DiskClone.createEmpty(at: path, format: .qcow2, virtualSize: size)
        return path
    }

    /// Bytes that must be free before machines with full disks go on: with less they would stop again at once.
    static let roomToGoOn = 16 << 20

    /// Bytes that the hypervisor can still write to the file system of the machines' disks.
    func freeBytes() async throws -> Int {
        let path = MachineFiles.root(settings.stateDirectory)
        return try await BlockingWork.run {
            var found = statvfs()
            guard statvfs(path, &found) == 0 else {
                throw ServiceError(.hostFailed, "\(path): \(String(cString: strerror(errno)))")
            }
            return Int(
                clamping: UInt64(found.f_bavail).multipliedReportingOverflow(by: UInt64(found.f_frsize)).partialValue
            )
        }
    }

    /// Bytes that a machine's own disk takes.
    func allocatedBytes(of id: MachineID) async throws -> Int {
        let path = files(id).disk
        return try await BlockingWork.run {
            var found = stat()
            guard stat(path, &found) == 0 else {
                throw ServiceError(.hostFailed, "\(path): \(String(cString: strerror(errno)))")
            }
            return Int(found.st_blocks) * 512
        }
    }

    /// Removes a data disk.
    func removeDataDisk(_ serial: String, of id: MachineID) async throws {
        try await DiskClone.remove(at: files(id).dataDisk(serial))
    }

    /// Gives the directory of a spare, with the disks that are in use in it, the machine's name.
    func rename(_ spare: MachineID, to order: MachineOrder) async throws {
        let (old, new) = (files(spare).directory, files(order.id).directory)
        try await BlockingWork.run {
            guard Glibc.rename(old, new) == 0 else {
                throw ServiceError(.hostFailed, "\(old) cannot be renamed: \(String(cString: strerror(errno)))")
            }
        }
        try await hold(order.plan.image, for: order.id)
    }

    /// Removes the machine's directory and everything in it.
    func removeAll(of id: MachineID) async throws { try await removeTree(files(id).directory) }

    /// The directories of machines there are, by name. What is not named like one is none of ours.
    func directories() async throws -> [String] { try await ours(in: MachineFiles.root(settings.stateDirectory)) }

    /// The script shares there are, by path.
    func shares() async throws -> [String] {
        let root = settings.shareRoot
        return try await ours(in: root).map { root + "/" + $0 }
    }

    private func ours(in root: String) async throws -> [String] {
        try await BlockingWork.run {
            guard FileManager.default.fileExists(atPath: root) else { return [] }
            return try FileManager.default.contentsOfDirectory(atPath: root).filter(MachineFiles.isMachine).sorted()
        }
    }

    /// Removes the directory of a machine that no book knows.
    func removeOrphan(_ name: String) async throws {
        guard MachineFiles.isMachine(name) else { return }
        try await removeTree(MachineFiles.root(settings.stateDirectory) + "/" + name)
    }

    /// Whether the machine's console has shown a text. No more than the first MiB of it is looked at.
    func console(of id: MachineID, contains text: String) async -> Bool {
        let path = files(id).console
        let found = try? await BlockingWork.run {
            guard let handle = fopen(path, "r") else { return false }
            defer { fclose(handle) }
            var bytes = [UInt8](repeating: 0, count: 1 << 20)
            let count = fread(&bytes, 1, bytes.count, handle)
            return String(decoding: bytes[..<count], as: UTF8.self).contains(text)
        }
        return found ?? false
    }

    /// The last lines of the machine's console, at most 1,000 characters; empty when there is none.
    func consoleTail(of id: MachineID) async -> String {
        let path = files(id).console
        return (try? await BlockingWork.run { Self.tail(of: path) }) ?? ""
    }

    private static func tail(of path: String) -> String {
        guard let handle = fopen(path, "r") else { return "" }
        defer { fclose(handle) }
        fseek(handle, 0, SEEK_END)
        fseek(handle, max(0, ftell(handle) - 1000), SEEK_SET)
        var bytes = [UInt8](repeating: 0, count: 1000)
        let count = fread(&bytes, 1, bytes.count, handle)
        // By scalars: a serial console ends its lines in CR LF, which is one character.
        let scalars = String(decoding: bytes[..<count], as: UTF8.self).unicodeScalars
        let plain = scalars.filter { $0 == "\n" || $0.properties.generalCategory != .control }
        return String(String.UnicodeScalarView(plain)).trimmed
    }

    /// Makes the machine's directory. The hypervisor's user opens the disks in it, so it must be able to pass; it need not
    /// list.
    func makeDirectory(of id: MachineID) async throws {
        let path = files(id).directory
        try await BlockingWork.run {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o711]
            )
        }
    }

    private func removeTree(_ path: String) async throws {
        try await BlockingWork.run {
            // Somebody else may be faster.
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            for name in names where !ImageLink.isLink(name) { try Self.removeItem(path + "/" + name) }
        }
        // No disk stands on the image any more.
        try await letGo(in: path)
        try await BlockingWork.run { try Self.removeItem(path) }
    }

    private static func removeItem(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            guard FileManager.default.fileExists(atPath: path) else { return }
            throw error
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
