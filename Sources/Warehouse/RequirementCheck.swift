extension ImageDraft {
    /// Looks whether the image has what machines need, without starting or mounting it.
    ///
    /// The disk is unpacked into a scratch file, and its file system read by a program that has no rights. What cannot be
    /// looked into is said; it is no error.
    ///
    /// - Returns: what was found.
    /// - Throws: ``WarehouseError``: `unsafeImage` when the disk must not be used at all; `notFound`.
    public func checkRequirements() async throws(WarehouseError) -> RequirementReport {
        let wanted = Requirement.all(of: self)
        guard self.base == nil else { return .nothing(of: wanted, "the disk stands on an image that is published") }
        let source = try OpenFile.open(self.disk, .read)
        let found = try DiskInspection.inspect(source, format: self.format)
        do throws(FileTreeError) {
            let scratch = try await DiskScratch.unpack(source, format: self.format, size: found.virtualSize)
            let (tree, boots) = try await Self.trees(of: scratch)
            return await RequirementCheck(draft: self, tree: tree, boots: boots).report()
        } catch {
            return .nothing(of: wanted, error.reason)
        }
    }

    /// The root file system, and all others that can be read: one of them may hold the boot loader.
    private static func trees(
        of scratch: DiskScratch
    ) async throws(FileTreeError) -> (root: ExtFileTree, others: [ExtFileTree]) {
        let volumes: [DiskVolume]
        do throws(WarehouseError) {
            volumes = try DiskVolume.all(diskSize: scratch.size) { offset, count throws(WarehouseError) in
                try scratch.file.read(count: count, at: offset)
            }
        } catch {
            throw FileTreeError(reason: error.message)
        }
        let trees = volumes.filter { $0.content == .ext }.map { ExtFileTree(disk: scratch.file, offset: $0.offset) }
        for (place, tree) in trees.enumerated() {
            guard try await tree.holds("/etc"), try await !tree.names(in: "/usr").isEmpty else { continue }
            return (tree, trees.enumerated().filter { $0.offset != place }.map(\.element))
        }
        var seen: [String] = []
        for volume in volumes where !seen.contains(volume.content.rawValue) { seen.append(volume.content.rawValue) }
        throw FileTreeError(
            reason:
                "no root file system of Linux in ext2, ext3 or ext4 was found (the disk has \(seen.joined(separator: ", ")))"
        )
    }
}

extension RequirementReport {
    /// A report that says of all why they were not looked for.
    static func nothing(of wanted: [Requirement], _ reason: String) -> RequirementReport {
        RequirementReport(findings: wanted.map { Finding(requirement: $0, state: .notChecked(reason)) })
    }
}

/// Looks for what an image must have in the files of its disk.
struct RequirementCheck<Tree: FileTree>: Sendable {
    let draft: ImageDraft
    /// The root file system.
    let tree: Tree
    /// Further file systems, one of which may be mounted at /boot.
    let boots: [Tree]

    /// What was found.
    func report() async -> RequirementReport {
        var findings: [RequirementReport.Finding] = []
        for requirement in Requirement.all(of: self.draft) {
            findings.append(.init(requirement: requirement, state: await self.state(of: requirement)))
        }
        return RequirementReport(findings: findings)
    }

    private func state(of requirement: Requirement) async -> RequirementReport.State {
        do throws(FileTreeError) {
            switch requirement {
            case .runner: return try await self.runner()
            case .cloudInit: return try await self.cloudInit()
            case .nfsClient: return try await self.modules(["nfsv4"], "install the kernel's package with all modules")
            case .virtio:
                return try await self.modules(
                    ["virtio_blk", "virtio_net"],
                    "install a kernel for virtual machines, or add its modules"
                )
            case .serialConsole: return try await self.serialConsole()
            case .noCard: return self.memoryState()
            }
        } catch {
            return .notChecked(error.reason)
        }
    }

    /// A save image of libvirt begins with the machine's description, where every card is an `<interface`.
    private func memoryState() -> RequirementReport.State {
        guard let memory = self.draft.memory, memory.kind == .restore else {
            return .notChecked("the state of a template does not say which devices it has")
        }
        do throws(WarehouseError) {
            let header = 92
            let bytes = try OpenFile.open(memory.state, .read).read(count: 1 << 20, at: 0)
            guard bytes.starts(with: Array("LibvirtQemudSave".utf8)) else {
                return .notChecked("\(memory.state) is no save image of libvirt")
            }
            let description = String(decoding: bytes.dropFirst(header).prefix { $0 != 0 }, as: UTF8.self)
            guard description.contains("<interface") else { return .met }
            return .missing(
                "a network card is plugged in",
                remedy: "unplug it (`virsh detach-interface`) before the memory is saved"
            )
        } catch {
            return .notChecked(error.message)
        }
    }
}
