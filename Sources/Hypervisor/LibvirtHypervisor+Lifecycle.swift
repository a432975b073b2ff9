import Libvirt

extension LibvirtHypervisor {
    /// Starts a domain of this plant.
    public func start(_ name: String) async throws(HypervisorError) {
        let domain = try await required(name, to: "start")
        guard DomainState(domain.state) != .running else { return }
        do throws(VirtError) {
            try await connection.createDomain(name)
        } catch {
            // Somebody else may have started it between question and call.
            guard try await state(name) != .running else { return }
            throw HypervisorError(error, while: "start \(name)")
        }
    }

    /// Asks a domain of this plant to power off.
    public func shutdown(_ name: String) async throws(HypervisorError) {
        let domain = try await required(name, to: "shut down")
        guard domain.state.isActive else { return }
        do throws(VirtError) {
            try await connection.shutdownDomain(name)
        } catch {
            guard try await isActive(name) else { return }
            throw HypervisorError(error, while: "shut down \(name)")
        }
    }

    /// Ends a domain of this plant. A QEMU that stands still is killed by libvirt after some 10 s.
    public func destroy(_ name: String) async throws(HypervisorError) {
        guard let domain = try await find(name, to: "destroy"), domain.state.isActive else { return }
        do throws(VirtError) {
            try await connection.destroyDomain(name)
        } catch {
            guard try await isActive(name) else { return }
            throw HypervisorError(error, while: "destroy \(name)")
        }
    }

    /// Forgets a domain of this plant.
    public func undefine(_ name: String) async throws(HypervisorError) {
        guard try await find(name, to: "undefine") != nil else { return }
        do throws(VirtError) {
            try await connection.undefineDomain(name)
        } catch {
            guard error.code != .noDomain else { return }
            throw HypervisorError(error, while: "undefine \(name)")
        }
    }

    /// Makes a domain of this plant stand still. QEMU drains and flushes its disks at that, tables of qcow2 included.
    public func suspend(_ name: String) async throws(HypervisorError) {
        let domain = try await required(name, to: "suspend")
        guard DomainState(domain.state) == .running else { return }
        do throws(VirtError) {
            try await connection.suspendDomain(name)
        } catch {
            // It may have stopped between question and call.
            guard try await state(name) == .running else { return }
            throw HypervisorError(error, while: "suspend \(name)")
        }
    }

    /// Lets a domain of this plant go on.
    public func resume(_ name: String) async throws(HypervisorError) {
        let domain = try await required(name, to: "resume")
        guard domain.state.kind == .paused else { return }
        do throws(VirtError) {
            try await connection.resumeDomain(name)
        } catch {
            // Somebody else may have resumed it between question and call.
            guard try await state(name) != .running else { return }
            throw HypervisorError(error, while: "resume \(name)")
        }
    }

    /// What a domain, whosever it is, is doing. That it crashed is forgotten at its next start.
    public func state(_ name: String) async throws(HypervisorError) -> DomainState {
        try SpecCheck.check(name: name)
        let found = try await speaking("look at \(name)") { () throws(VirtError) in
            try await connection.domain(named: name)
        }
        return found.map { DomainState($0.state) } ?? .absent
    }

    /// The processor time that a domain's process has used.
    public func processorTime(_ name: String) async throws(HypervisorError) -> Duration? {
        try SpecCheck.check(name: name)
        return try await speaking("look at \(name)") { () throws(VirtError) in
            try await connection.processorTime(of: name)
        }
    }

    /// The domains that carry a mark of ours.
    public func marked() async throws(HypervisorError) -> [MarkedDomain] {
        let known = marks.marks()
        let all = try await speaking("list domains") { () throws(VirtError) in
            try await connection.domains(metadata: DomainMark.namespace) { known.of($0) == nil }
        }
        return marks.marked(all, known)
    }

    /// The domain of that name, if there is one.
    ///
    /// - Throws: `.conflict` when it does not carry this plant's mark: then it is not ours to touch.
    func find(_ name: String, to attempt: String) async throws(HypervisorError) -> VirtDomain? {
        try SpecCheck.check(name: name)
        let found = try await speaking("\(attempt) \(name)") { () throws(VirtError) in
            try await connection.domain(named: name, metadata: DomainMark.namespace)
        }
        guard let found else { return nil }
        guard MarkedDomain(found)?.plant == plant else {
            throw HypervisorError(.conflict, "cannot \(attempt) \(name): it is not a domain of plant '\(plant)'")
        }
        return found
    }

    /// The domain of that name.
    func required(_ name: String, to attempt: String) async throws(HypervisorError) -> VirtDomain {
        if let domain = try await find(name, to: attempt) { return domain }
        throw HypervisorError(.notFound, "cannot \(attempt) \(name): there is no such domain")
    }

    private func isActive(_ name: String) async throws(HypervisorError) -> Bool {
        try await find(name, to: "look at")?.state.isActive == true
    }
}

extension DomainState {
    /// From libvirt's state.
    init(_ state: VirtDomainState) {
        self =
            switch state.kind {
            case .running, .shutdown, .suspended, .unknown: .running
            case .paused: state.failed ? .crashed : state.stalled ? .stalled : .paused
            case .shutoff: state.failed ? .crashed : .stopped
            case .crashed: .crashed
            }
    }
}

extension MarkedDomain {
    /// From a libvirt domain that was asked for with our namespace; `nil` when it carries no mark of ours.
    init?(_ domain: VirtDomain) { self.init(domain, domain.mark) }

    /// From a libvirt domain and its mark; `nil` when it carries none.
    init?(_ domain: VirtDomain, _ mark: DomainMark?) {
        guard let mark else { return nil }
        self.init(
            name: domain.name,
            uuid: domain.uuid,
            machineID: mark.machineID,
            plant: mark.plant,
            state: DomainState(domain.state)
        )
    }
}
