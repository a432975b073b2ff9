import Glibc

/// A machine that stands on a version of an image, as it is noted in the warehouse.
public struct ImageHolder: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The machine's name on its host.
    public let machine: String
    /// The plant that it is on.
    public let plant: String

    /// A holder.
    public init(machine: String, plant: String) {
        self.machine = machine
        self.plant = plant
    }

    /// Both, for people.
    public var description: String { "\(machine) on \(plant)" }
}

/// The machines that stand on a version: a file for each beside the version's own, named like the machine and with the name
/// of its plant in it. So every plant that shares the warehouse sees what the others need, and none writes what another does.
struct HolderMarks {
    /// The folder of the version's files.
    let folder: PlainPath

    static let name = "machines"
    private static let longestPlant = 256

    private var place: PlainPath { self.folder.appending(Self.name) }

    /// Where the mark of a machine is.
    func path(of machine: String) -> PlainPath { self.place.appending(machine) }

    /// Notes a machine; one that is noted already is noted anew.
    ///
    /// - Returns: Whether it is noted. Where the warehouse is only read, it is not.
    func set(_ holder: ImageHolder) throws(WarehouseError) -> Bool {
        let path = self.path(of: holder.machine).description
        guard mkdir(self.place.description, 0o755) == 0 || errno == EEXIST else { return try Self.isNoted(path) }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o644)
        guard descriptor >= 0 else { return try Self.isNoted(path) }
        defer { close(descriptor) }
        let text = Array(holder.plant.utf8.prefix(Self.longestPlant))
        try SystemCall.check("write", path) { write(descriptor, text, text.count) }
        return true
    }

    /// It is not where the warehouse is only read; what else failed is thrown.
    private static func isNoted(_ path: String) throws(WarehouseError) -> Bool {
        guard Self.onlyRead.contains(errno) else { throw SystemCall.failure("write", path) }
        return false
    }

    private static let onlyRead: Set<CInt> = [EROFS, EACCES, EPERM]

    /// Forgets a machine; fine when it is not noted. Where the warehouse is only read by now the note stays: too much is kept
    /// then, and nothing else is held up.
    func remove(_ machine: String) throws(WarehouseError) {
        let path = self.path(of: machine).description
        guard unlink(path) != 0, !Self.onlyRead.union([ENOENT, ENOTDIR]).contains(errno) else { return }
        throw SystemCall.failure("remove", path)
    }

    /// All that are noted, by name.
    ///
    /// - Throws: ``WarehouseError`` when they cannot be listed: then who stands on the version is not known.
    func holders() throws(WarehouseError) -> [ImageHolder] {
        guard Folder.holds(self.place) else { return [] }
        return try Folder.names(in: self.place).map { machine in
            let plant = try? OpenFile.open(self.path(of: machine).description, .read).readAll(limit: Self.longestPlant)
            return ImageHolder(machine: machine, plant: plant.map { String(decoding: $0, as: UTF8.self) } ?? "?")
        }
    }
}

extension Warehouse {
    /// Where it is noted that a machine stands on an image; nothing for images that are not the warehouse's own.
    ///
    /// - Parameters:
    ///   - machine: The machine's name, one plain component of a path.
    ///   - image: The image.
    /// - Returns: An absolute path, for ``letGo(_:)``.
    /// - Throws: ``WarehouseError/Code/unsafePath`` for another name.
    public func mark(of machine: String, on image: WarehouseImage) throws(WarehouseError) -> String? {
        guard image.source == .published else { return nil }
        guard try PlainPath.components(of: machine) == [machine], !machine.hasPrefix(".") else {
            throw WarehouseError(.unsafePath, "\(machine.debugDescription) is no machine's name")
        }
        return HolderMarks(folder: try PlainPath(image.diskPath).parent).path(of: machine).description
    }

    /// Notes that a machine stands on an image, before it does: from now on the version stays, whoever removes others.
    ///
    /// - Parameters:
    ///   - image: The image.
    ///   - holder: The machine.
    /// - Returns: Whether it is noted; not where the warehouse is only read, or the image not its own.
    /// - Throws: ``WarehouseError/Code/notFound`` when the version was removed meanwhile.
    @discardableResult
    public func hold(_ image: WarehouseImage, by holder: ImageHolder) async throws(WarehouseError) -> Bool {
        guard try self.mark(of: holder.machine, on: image) != nil else { return false }
        let marks = HolderMarks(folder: try PlainPath(image.diskPath).parent)
        return try await BlockingWork.run { _ throws(WarehouseError) in
            try self.checkThere(image)
            let isNoted = try marks.set(holder)
            do throws(WarehouseError) { try self.checkThere(image) } catch {
                try? marks.remove(holder.machine)
                throw error
            }
            return isNoted
        }
    }

    /// Who removes takes the manifest or the folder away first, and looks for marks after that.
    private func checkThere(_ image: WarehouseImage) throws(WarehouseError) {
        guard Folder.holds(try PlainPath(image.diskPath)), !self.isWithdrawn(image.manifest.name) else {
            throw WarehouseError(.notFound, "the version \(image.manifest.reference) was removed meanwhile")
        }
    }

    /// Forgets that a machine stands on an image, after it did; fine when that is not noted.
    ///
    /// - Parameter mark: What ``mark(of:on:)`` answered.
    /// - Throws: ``WarehouseError/Code/unsafePath`` for any other path.
    public func letGo(_ mark: String) async throws(WarehouseError) {
        let path = try PlainPath(mark)
        guard path.components(beneath: self.layout.images) != nil, path.parent.components.last == HolderMarks.name,
            let machine = path.components.last
        else { throw WarehouseError(.unsafePath, "\(mark.debugDescription) is no mark of this warehouse") }
        let marks = HolderMarks(folder: path.parent.parent)
        try await BlockingWork.run { _ throws(WarehouseError) in try marks.remove(machine) }
    }

    /// The machines that plants have noted on any version of an image.
    func holders(of name: String) async throws(WarehouseError) -> [ImageHolder] {
        let catalogue = self.catalogue
        return try await BlockingWork.run { _ throws(WarehouseError) in try catalogue.holders(of: name) }
    }

    private func isWithdrawn(_ name: String) -> Bool {
        Folder.holds(self.layout.folder(of: name).appending(WarehouseLayout.withdrawnName))
    }
}

extension Catalogue {
    /// The machines that are noted on any version of an image.
    func holders(of name: String) throws(WarehouseError) -> [ImageHolder] {
        let folder = self.layout.folder(of: name)
        guard Folder.holds(folder) else { return [] }
        var found = try HolderMarks(folder: folder).holders()
        for version in try Folder.names(in: folder) where WarehouseLayout.isVersion(version) {
            found += try HolderMarks(folder: folder.appending(version)).holders()
        }
        return found
    }
}
