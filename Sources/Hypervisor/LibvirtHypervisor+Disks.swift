import Libvirt

extension LibvirtHypervisor {
    /// Attaches a disk to a domain of this plant.
    public func attach(_ disk: DiskSpec, to name: String) async throws(HypervisorError) {
        try SpecCheck.check(disk)
        let domain = try await required(name, to: "attach \(disk.target) to")
        let xml = try await text(of: disk, for: name)
        for scope in scopes(of: domain) {
            if let present = try await attached(disk.target, of: name, scope) {
                guard present.path == disk.path else {
                    let path = present.path ?? "another source"
                    throw HypervisorError(.conflict, "\(name) has \(path) as \(disk.target) already")
                }
                continue
            }
            try await speaking("attach \(disk.target) to \(name)") { () throws(VirtError) in
                try await connection.attachDevice(xml, to: name, scope: scope)
            }
        }
    }

    /// Detaches a disk, and waits until a running guest has let go of it.
    public func detach(target: String, from name: String) async throws(HypervisorError) {
        try SpecCheck.check(target: target)
        guard let domain = try await find(name, to: "detach \(target) from") else { return }
        for scope in scopes(of: domain) { try await detach(target, from: name, scope) }
    }

    /// Asks for one disk's removal, again and again, until the document shows that the guest has let go of it.
    private func detach(_ target: String, from name: String, _ scope: VirtScope) async throws(HypervisorError) {
        let giveUp = ContinuousClock.now + connection.deadline
        var refusal: VirtError?
        while let present = try await attached(target, of: name, scope) {
            guard ContinuousClock.now < giveUp else {
                let why = refusal?.message ?? "the guest does not let go of it"
                throw HypervisorError(.timedOut, "cannot detach \(target) from \(name): \(why)")
            }
            let xml = try Self.text(present.reference)
            do throws(VirtError) {
                try await connection.detachDevice(xml, from: name, scope: scope)
            } catch {
                if error.code == .timedOut || error.code == .unavailable {
                    throw HypervisorError(error, while: "detach \(target) from \(name)")
                }
                refusal = error  // under way already, say
            }
            guard scope == .live else { continue }
            do { try await Task.sleep(for: .milliseconds(100)) } catch {
                throw HypervisorError(.failed, "cancelled while \(name) let go of \(target)")
            }
        }
    }

    /// What is to be changed, the run of now first.
    private func scopes(of domain: VirtDomain) -> [VirtScope] {
        domain.state.isActive ? [.live, .configuration] : [.configuration]
    }

    private func attached(
        _ target: String,
        of name: String,
        _ scope: VirtScope
    ) async throws(HypervisorError) -> AttachedDisk? {
        do throws(VirtError) {
            let xml = try await connection.domainXML(name, inactive: scope == .configuration)
            return AttachedDisk(target: target, in: xml)
        } catch {
            if error.code == .noDomain { return nil }
            throw HypervisorError(error, while: "look at \(name)")
        }
    }

    private func text(of disk: DiskSpec, for name: String) async throws(HypervisorError) -> String {
        guard !isTestDriver else {
            let machine = try Self.machine(for: "x86_64")
            return try Self.text(DeviceDocument.disk(disk, platform: .test, machine: machine))
        }
        let document = try await speaking("look at \(name)") { () throws(VirtError) in
            try await connection.domainXML(name, inactive: true)
        }
        let machine = try Self.machine(for: AttachedDisk.architecture(ofDomain: document) ?? "")
        return try Self.text(DeviceDocument.disk(disk, platform: .qemu(kvm: false), machine: machine))
    }
}
