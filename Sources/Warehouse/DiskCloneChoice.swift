/// How a machine's disk is made of an image's.
public enum DiskCloneMethod: String, Sendable, Hashable, CaseIterable {
    /// A qcow2 file that stands on the image: made at once, whatever the size, on every file system.
    case overlay
    /// A file that shares the image's blocks until either is written to: made at once, and stands on nothing.
    case reflink
    /// A whole copy, holes as holes.
    case copy
}

/// A way that was chosen, and why.
public struct DiskCloneChoice: Sendable, Hashable {
    /// The way.
    public let method: DiskCloneMethod
    /// The reason, for people.
    public let reason: String

    /// Chooses by what image and file system allow.
    ///
    /// - Parameters:
    ///   - wish: What the plant is set to; nothing lets the file system decide.
    ///   - obstacle: Why the image's disk must be stood on whatever is wished.
    ///   - reflinkObstacle: Why the file system cannot share its blocks; nothing when it can.
    init(wish: DiskCloneMethod?, obstacle: String?, reflinkObstacle: String?) {
        let overlay = "a disk that stands on the image is made at once, on every file system"
        switch (wish, obstacle, reflinkObstacle) {
        case (.overlay, _, _): self.init(.overlay, "the plant is set to overlays")
        case (_, let obstacle?, _): self.init(.overlay, obstacle + "; " + overlay)
        case (.copy, _, _): self.init(.copy, "the plant is set to whole copies")
        case (_, _, nil): self.init(.reflink, "the file system shares the image's blocks, at once")
        case (_, _, let obstacle?): self.init(.overlay, obstacle + "; " + overlay)
        }
    }

    private init(_ method: DiskCloneMethod, _ reason: String) {
        self.method = method
        self.reason = reason
    }
}

extension Warehouse {
    /// Chooses how the disk of a machine is made.
    ///
    /// - Parameters:
    ///   - image: The image.
    ///   - virtualSize: The size in bytes that the disk must have.
    ///   - folder: The absolute path of the folder that disks are made in.
    ///   - wish: What the plant is set to; nothing lets the file system decide.
    /// - Returns: The way, and why.
    public func cloneChoice(
        for image: WarehouseImage,
        virtualSize: Int,
        in folder: String,
        wish: DiskCloneMethod?
    ) async -> DiskCloneChoice {
        var obstacle: String?
        if !image.manifest.disk.layers.isEmpty { obstacle = "the image stands on another one" }
        if image.manifest.disk.format == .raw { obstacle = "the image is raw" }
        if virtualSize > image.manifest.disk.virtualSize { obstacle = "the disk is larger than the image's" }
        let reflinkObstacle = obstacle == nil ? await self.reflinks.obstacle(of: image.diskPath, in: folder) : nil
        return DiskCloneChoice(wish: wish, obstacle: obstacle, reflinkObstacle: reflinkObstacle)
    }
}

/// Remembers whose blocks new disks can share: a file system does not change its abilities.
actor ReflinkProbe {
    private struct Way: Hashable {
        let file: String
        let folder: String
    }

    private var known: [Way: String?] = [:]

    /// Why a disk in a folder cannot share the blocks of a file; nothing when it can.
    func obstacle(of file: String, in folder: String) async -> String? {
        let way = Way(file: file, folder: folder)
        if let known = self.known[way] { return known }
        do throws(WarehouseError) {
            let obstacle = try await DiskClone.reflinkObstacle(of: file, in: folder)
            self.known[way] = .some(obstacle)
            return obstacle
        } catch {
            // A folder that is not there yet, or not to be written to, may be so later.
            return error.message
        }
    }
}
