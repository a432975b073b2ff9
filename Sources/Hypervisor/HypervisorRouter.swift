/// Two hypervisors as one: machines that start from a memory template, and those that become one, are run by QEMU
/// directly, all others by libvirt.
///
/// A specification says which it is when it is defined; from then on the name does.
public struct HypervisorRouter: Sendable {
    private let general: any Hypervisor
    private let direct: QEMUHypervisor

    /// A router.
    ///
    /// - Parameters:
    ///   - general: What runs all other machines, and knows what the host can do.
    ///   - direct: What runs those with templates.
    public init(_ general: any Hypervisor, direct: QEMUHypervisor) {
        (self.general, self.direct) = (general, direct)
    }

    private func hypervisor(of name: String) async -> any Hypervisor {
        await direct.knows(name) ? direct : general
    }

    private func hypervisor(for spec: DomainSpec) async -> any Hypervisor {
        let isTemplate = [spec.wakes, spec.saves].contains { $0?.kind == .template }
        return isTemplate ? direct : await hypervisor(of: spec.name)
    }
}

extension HypervisorRouter: Hypervisor {
    /// Defines it where it belongs.
    public func define(_ spec: DomainSpec) async throws(HypervisorError) {
        try await hypervisor(for: spec).define(spec)
    }

    /// Starts it.
    public func start(_ name: String) async throws(HypervisorError) { try await hypervisor(of: name).start(name) }

    /// Asks it to power off.
    public func shutdown(_ name: String) async throws(HypervisorError) { try await hypervisor(of: name).shutdown(name) }

    /// Ends it.
    public func destroy(_ name: String) async throws(HypervisorError) { try await hypervisor(of: name).destroy(name) }

    /// Makes it stand still.
    public func suspend(_ name: String) async throws(HypervisorError) { try await hypervisor(of: name).suspend(name) }

    /// Lets it go on.
    public func resume(_ name: String) async throws(HypervisorError) { try await hypervisor(of: name).resume(name) }

    /// Forgets it.
    public func undefine(_ name: String) async throws(HypervisorError) { try await hypervisor(of: name).undefine(name) }

    /// What it is doing.
    public func state(_ name: String) async throws(HypervisorError) -> DomainState {
        try await hypervisor(of: name).state(name)
    }

    /// The processor time that it has used.
    public func processorTime(_ name: String) async throws(HypervisorError) -> Duration? {
        try await hypervisor(of: name).processorTime(name)
    }

    /// The marked domains of both.
    public func marked() async throws(HypervisorError) -> [MarkedDomain] {
        try await (general.marked() + direct.marked()).sorted { $0.name < $1.name }
    }

    /// Attaches a disk.
    public func attach(_ disk: DiskSpec, to name: String) async throws(HypervisorError) {
        try await hypervisor(of: name).attach(disk, to: name)
    }

    /// Detaches a disk.
    public func detach(target: String, from name: String) async throws(HypervisorError) {
        try await hypervisor(of: name).detach(target: target, from: name)
    }

    /// Wakes it up.
    public func wake(_ spec: DomainSpec) async throws(HypervisorError) { try await hypervisor(for: spec).wake(spec) }

    /// Reads it where it is used.
    public func prepare(_ state: SavedState) async throws(HypervisorError) {
        if state.kind == .template { try await direct.prepare(state) } else { try await general.prepare(state) }
    }

    /// Saves it.
    public func save(_ spec: DomainSpec) async throws(HypervisorError) -> SavedState {
        try await hypervisor(for: spec).save(spec)
    }

    /// Renames it where it is.
    public func rename(_ name: String, to spec: DomainSpec) async throws(HypervisorError) {
        try await hypervisor(of: name).rename(name, to: spec)
    }

    /// What happens to the domains of both; ends when either's stream does.
    public var events: AsyncStream<HypervisorEvent> {
        get async throws(HypervisorError) {
            let sources = [try await general.events, try await direct.events]
            let (stream, continuation) = AsyncStream.makeStream(
                of: HypervisorEvent.self,
                bufferingPolicy: .bufferingNewest(4096)
            )
            // UNSTRUCTURED: cancelled when the stream's reader stops.
            let merger = Task {
                await withDiscardingTaskGroup { group in
                    for source in sources {
                        group.addTask {
                            for await event in source { continuation.yield(event) }
                            continuation.finish()
                        }
                    }
                }
            }
            continuation.onTermination = { _ in merger.cancel() }
            return stream
        }
    }

    /// What the general one can do, and waking from templates.
    public func capabilities() async throws(HypervisorError) -> HypervisorCapabilities {
        var found = try await general.capabilities()
        if found.architecture == "x86_64", found.type != "test" { found.wakes.insert(.template) }
        return found
    }
}
