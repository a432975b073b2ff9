import BlockingCalls
import FoundationEssentials
import QMP

/// A hypervisor that runs QEMU itself, without libvirt: for machines that start from a memory template.
///
/// A QEMU it started lives on when the plant ends, and is taken up by the next one. What is known of it lies in a directory
/// for each domain, written before it is done (`docs/decisions/0006-qemu-without-libvirt.md`).
public actor QEMUHypervisor {
    /// The name that domains are marked with.
    public let plant: String

    private let context: QEMUContext
    private var domains: [String: QEMUDomain] = [:]
    private var loading: Task<Void, Never>?

    /// A hypervisor that has not looked at its directory yet.
    ///
    /// - Parameters:
    ///   - plant: The name to mark domains with.
    ///   - settings: How QEMU is run.
    public init(plant: String, settings: QEMUSettings) {
        self.plant = plant
        let queue = BlockingQueue("vmshop.qemu")
        context = QEMUContext(
            plant: plant,
            settings: settings,
            templates: TemplateStore(queue: queue),
            events: QEMUEvents(),
            queue: queue
        )
    }

    /// Whether there is a domain of that name here.
    public func knows(_ name: String) async -> Bool { await find(name) != nil }

    /// Reads a template before the first machine starts from it, which then need not wait for that.
    ///
    /// - Throws: `.refused` for files that are not what they should be.
    public func prepare(_ state: SavedState) async throws(HypervisorError) {
        _ = try await context.templates.sealed(try MemoryTemplate(state))
    }

    /// Closes the connections to all monitors, for another process to make its own.
    func abandon() async {
        for domain in domains.values { await domain.client?.close() }
    }
}

extension QEMUHypervisor: Hypervisor {
    /// Writes down what the domain is.
    public func define(_ spec: DomainSpec) async throws(HypervisorError) {
        try SpecCheck.check(spec)
        guard spec.architecture == "x86_64" else {
            throw HypervisorError(.unsupported, "\(spec.name): QEMU is run directly for x86_64 only")
        }
        let existing = await find(spec.name)
        let record = try await record(of: spec, replacing: existing?.record)
        if let existing {
            try await existing.redefine(record)
        } else {
            let domain = QEMUDomain(record, in: QEMUPlace(spec.name, in: context.settings.directory), context)
            domains[spec.name] = domain
            try await domain.persist()
        }
    }

    /// Starts a domain.
    public func start(_ name: String) async throws(HypervisorError) { try await required(name, to: "start").start() }

    /// Presses the domain's power button.
    public func shutdown(_ name: String) async throws(HypervisorError) {
        let domain = try await required(name, to: "shut down")
        if await domain.process != nil { try await domain.command("system_powerdown") }
    }

    /// Ends a domain: QEMU is asked first, and killed when it does not end within a second and a half.
    public func destroy(_ name: String) async throws(HypervisorError) { try await find(name)?.end() }

    /// Makes a domain stand still: QEMU drains and flushes its disks at that.
    public func suspend(_ name: String) async throws(HypervisorError) {
        try await required(name, to: "suspend").suspend()
    }

    /// Lets a domain go on.
    public func resume(_ name: String) async throws(HypervisorError) {
        try await required(name, to: "resume").resume()
    }

    /// Forgets a domain.
    public func undefine(_ name: String) async throws(HypervisorError) {
        guard let domain = await find(name), try await domain.forget() else { return }
        if domains[name] === domain { domains[name] = nil }
    }

    /// What a domain is doing.
    public func state(_ name: String) async throws(HypervisorError) -> DomainState {
        await find(name)?.state ?? .absent
    }

    /// The processor time that a domain's QEMU has used.
    public func processorTime(_ name: String) async throws(HypervisorError) -> Duration? {
        await find(name)?.process?.processorTime
    }

    /// All domains of the directory.
    public func marked() async throws(HypervisorError) -> [MarkedDomain] {
        await load()
        var found: [MarkedDomain] = []
        for domain in domains.values { found.append(await domain.marked) }
        return found.sorted { $0.name < $1.name }
    }

    /// Attaches a disk.
    public func attach(_ disk: DiskSpec, to name: String) async throws(HypervisorError) {
        try SpecCheck.check(disk)
        try await required(name, to: "attach \(disk.target) to").attach(disk)
    }

    /// Detaches a disk.
    public func detach(target: String, from name: String) async throws(HypervisorError) {
        try SpecCheck.check(target: target)
        try await find(name)?.detach(target)
    }

    /// Starts a domain from its template, which it then shares with others.
    public func wake(_ spec: DomainSpec) async throws(HypervisorError) {
        try await required(spec.name, to: "wake").start()
    }

    /// Stops a domain for good; its memory and the state of its devices are a template then.
    public func save(_ spec: DomainSpec) async throws(HypervisorError) -> SavedState {
        try await required(spec.name, to: "save").save()
    }

    /// Makes a domain another machine's, whether or not it runs.
    public func rename(_ name: String, to spec: DomainSpec) async throws(HypervisorError) {
        try SpecCheck.check(spec)
        let domain = try await required(name, to: "rename")
        guard domains[spec.name] == nil else {
            throw HypervisorError(.conflict, "cannot rename \(name): there is a domain \(spec.name)")
        }
        // Both names are taken until it is done, so that nobody gets in between.
        domains[spec.name] = domain
        do throws(HypervisorError) {
            try await domain.rename(to: spec, in: QEMUPlace(spec.name, in: context.settings.directory))
        } catch {
            domains[spec.name] = nil
            throw error
        }
        domains[name] = nil
    }

    /// What happens from now on.
    public var events: AsyncStream<HypervisorEvent> {
        get async throws(HypervisorError) {
            await load()
            return context.events.stream()
        }
    }

    /// What this host can do, as far as that needs nobody to be asked.
    public func capabilities() async throws(HypervisorError) -> HypervisorCapabilities {
        throw HypervisorError(.unsupported, "capabilities are libvirt's to tell")
    }
}

extension QEMUHypervisor {
    private func find(_ name: String) async -> QEMUDomain? {
        await load()
        return domains[name]
    }

    private func required(_ name: String, to attempt: String) async throws(HypervisorError) -> QEMUDomain {
        if let domain = await find(name) { return domain }
        throw HypervisorError(.notFound, "cannot \(attempt) \(name): there is no such domain")
    }

    private func record(
        of spec: DomainSpec,
        replacing old: QEMURecord?
    ) async throws(HypervisorError) -> QEMURecord {
        if let old, old.spec.machineID != spec.machineID {
            throw HypervisorError(.conflict, "domain \(spec.name) belongs to machine \(old.spec.machineID)")
        }
        let kvm = await KVMProbe.look(offers: true, architecture: spec.architecture)
        guard spec.accelerate != .kvm || kvm.isUsable else {
            throw HypervisorError(.unsupported, "\(spec.name) is to run on KVM, which is not usable: \(kvm.reason)")
        }
        var record = QEMURecord(spec: spec, plant: plant, uuid: UUID().uuidString.lowercased(), usesKVM: false)
        record.usesKVM = spec.accelerate != .tcg && kvm.isUsable
        record.uuid = old?.uuid ?? spec.uuid ?? record.uuid
        return record
    }

    /// Reads the directory, once.
    private func load() async {
        if loading == nil {
            // UNSTRUCTURED: awaited here by all that come before it has ended.
            loading = Task { await self.readDirectory() }
        }
        await loading?.value
    }

    private func readDirectory() async {
        let (root, context) = (context.settings.directory, context)
        let found = await context.queue.run { QEMUPlace.all(in: root) }
        for (place, record) in found where record.plant == plant {
            domains[record.spec.name] = QEMUDomain(record, in: place, context)
        }
        await withDiscardingTaskGroup { group in
            for domain in domains.values { group.addTask { await domain.adopt() } }
        }
    }
}
