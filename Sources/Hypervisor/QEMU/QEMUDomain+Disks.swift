import BlockingCalls
import QMP

extension QEMUDomain {
    /// Gives it one more disk: at once if it runs, and for its next start.
    ///
    /// - Throws: ``HypervisorError`` `.unsupported` for a disk that there is no port for.
    func attach(_ disk: DiskSpec) async throws(HypervisorError) {
        guard process == nil || QEMUDevice.port(forDisk: disk.target) != nil else {
            let most = QEMUCommandLine.portCount - 1
            throw HypervisorError(.unsupported, "\(name) takes \(most) more disks while it runs, and no \(disk.target)")
        }
        if let present = record.spec.disks.first(where: { $0.target == disk.target }) {
            guard present.path == disk.path else {
                throw HypervisorError(.conflict, "\(name) has \(present.path) as \(disk.target) already")
            }
        } else {
            record.spec.disks.append(disk)
            try await persist()
        }
        guard process != nil, try await !hasDevice(disk.target) else { return }
        let (user, path) = (try context.user(), disk.path)
        try await context.queue.run { () throws(HypervisorError) in try QEMUStart.give(path, to: user) }
        if try await !hasBlock(disk.target) { try await command("blockdev-add", QEMUDevice.block(of: disk)) }
        var members = QEMUDevice.members(of: disk)
        if let port = QEMUDevice.port(forDisk: disk.target) { members["bus"] = .string(port) }
        try await command("device_add", .object(members))
    }

    /// Takes a disk away, and waits until a running guest has let go of it.
    func detach(_ target: String) async throws(HypervisorError) {
        if process != nil {
            let giveUp = ContinuousClock.now + context.settings.deadline
            try await releaseDevice(target, until: giveUp)
            try await releaseBlock(target, until: giveUp)
        }
        guard record.spec.disks.contains(where: { $0.target == target }) else { return }
        record.spec.disks.removeAll { $0.target == target }
        try await persist()
    }

    private func releaseDevice(_ target: String, until giveUp: ContinuousClock.Instant) async throws(HypervisorError) {
        while process != nil, try await hasDevice(target) {
            guard ContinuousClock.now < giveUp else {
                throw HypervisorError(
                    .timedOut,
                    "cannot detach \(target) from \(name): the guest does not let go of it"
                )
            }
            // Refused while an earlier one is under way.
            _ = try? await command("device_del", ["id": .string(target)])
            try await pauseForRelease(of: target)
        }
    }

    /// A device is gone from QEMU's tree a moment before it lets go of what is behind it: so long that is in use.
    private func releaseBlock(_ target: String, until giveUp: ContinuousClock.Instant) async throws(HypervisorError) {
        while process != nil, try await hasBlock(target) {
            do {
                try await command("blockdev-del", ["node-name": .string(target)])
            } catch {
                guard ContinuousClock.now < giveUp else { throw error }
                try await pauseForRelease(of: target)
            }
        }
    }

    private func pauseForRelease(of target: String) async throws(HypervisorError) {
        do { try await Task.sleep(for: .milliseconds(100)) } catch {
            throw HypervisorError(.failed, "cancelled while \(name) let go of \(target)")
        }
    }

    private func hasDevice(_ id: String) async throws(HypervisorError) -> Bool {
        let devices = try await command("qom-list", ["path": "/machine/peripheral"])
        return devices.elements?.contains { $0["name"]?.text == id } == true
    }

    private func hasBlock(_ name: String) async throws(HypervisorError) -> Bool {
        let nodes = try await command("query-named-block-nodes", ["flat": true])
        return nodes.elements?.contains { $0["node-name"]?.text == name } == true
    }
}
