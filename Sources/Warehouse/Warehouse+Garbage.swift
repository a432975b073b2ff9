public import FoundationEssentials
import Glibc

extension Warehouse {
    /// What garbage collection would do now.
    ///
    /// - Parameters:
    ///   - uses: the machines that there are, of all plants that use this warehouse.
    ///   - policy: what may go although its name means it.
    ///   - now: the time.
    /// - Returns: the plan.
    /// - Throws: ``WarehouseError`` when the warehouse cannot be read.
    public func garbage(
        uses: [ImageUse],
        policy: GarbagePolicy = GarbagePolicy(),
        now: Date = Date()
    ) async throws(WarehouseError) -> GarbagePlan {
        GarbagePlan(try await self.versions(), uses: uses, policy: policy, now: now)
    }

    /// Removes what a plan says, one version after the other, and writes each into the warehouse's log.
    ///
    /// Each is looked at once more under its lock: what something stands on by now stays. What interrupted publications
    /// left goes too.
    ///
    /// - Parameters:
    ///   - plan: what is to go.
    ///   - uses: asks for the machines once more, when it counts.
    /// - Returns: what became of each that was to go: nothing when it is gone, else why it stays.
    /// - Throws: ``WarehouseError`` when the warehouse cannot be written.
    public func collect(
        _ plan: GarbagePlan,
        uses: @Sendable () async throws -> [ImageUse]
    ) async throws(WarehouseError) -> [ImageReference: String?] {
        var outcome: [ImageReference: String?] = [:]
        for decision in plan.decisions where decision.isRemoved {
            let version = decision.version
            do throws(WarehouseError) {
                try await self.remove(version, uses)
                try await self.log("removed \(version.reference), \(version.bytes) bytes: \(decision.reason)")
                outcome[version.reference] = .some(nil)
            } catch {
                outcome[version.reference] = error.message
            }
        }
        return outcome
    }

    private func remove(
        _ version: ImageVersion,
        _ uses: @Sendable () async throws -> [ImageUse]
    ) async throws(WarehouseError) {
        let name = version.manifest.name
        guard !version.isCurrent, let folder = version.folder else { return try await self.remove(name) }
        let lock = try await BlockingWork.run { _ throws(WarehouseError) in try self.lock(name) }
        defer { lock.release() }
        let machines: [ImageUse]
        do { machines = try await uses() } catch {
            throw WarehouseError(.inUse, "which machines stand on \(version.reference) is not known: \(error)")
        }
        let (layout, catalogue) = (self.layout, self.catalogue)
        try await BlockingWork.run { flag throws(WarehouseError) in
            let left = try catalogue.versions(flag)
            let again = GarbagePlan(left, uses: machines, policy: GarbagePolicy(), now: Date())
            guard let decision = again.decisions.first(where: { $0.version.folder == folder }) else { return }
            guard decision.isRemoved else { throw WarehouseError(.inUse, decision.reason) }
            try Self.removeUnlessHeld(layout.folder(of: name).appending(folder), version.reference, layout)
        }
    }

    /// Takes a version's folder away, and puts it back when a machine has come to stand on it just before, or nobody can say.
    static func removeUnlessHeld(
        _ folder: PlainPath,
        _ version: ImageReference,
        _ layout: WarehouseLayout
    ) throws(WarehouseError) {
        let grave = layout.images.appending(WarehouseLayout.Temporary.removing.name(for: version.name))
        try Folder.rename(folder, to: grave)
        let holders = Catalogue.holders(in: grave)
        guard holders.isEmpty else {
            try Folder.rename(grave, to: folder)
            let names = holders.map(\.description).joined(separator: ", ")
            throw WarehouseError(.inUse, "\(version) came into use meanwhile: \(names)")
        }
        try Folder.delete(grave)
    }

    /// Adds a line to the record of what went by itself, `images/.removed.log`, with the time before it.
    public func log(_ line: String) async throws(WarehouseError) {
        let path = self.layout.images.appending(".removed.log").description
        let text = Date().formatted(.iso8601) + " " + line + "\n"
        try await BlockingWork.run { _ throws(WarehouseError) in
            let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW
            let descriptor = try SystemCall.check("open", path) { open(path, flags, 0o644) }
            defer { close(descriptor) }
            let bytes = Array(text.utf8)
            try SystemCall.check("write", path) { write(descriptor, bytes, bytes.count) }
        }
    }
}
