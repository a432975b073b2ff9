/// What a plant asks of a hypervisor, and the drivers that do it.
///
/// The room speaks in values: a ``DomainSpec`` says what a machine is to be, and comes back as a ``DomainState`` or a
/// ``MarkedDomain``. Domains that belong to us carry a mark in their metadata (the machine's id and the plant's name);
/// only marked domains are ever listed, reported or touched.
///
/// Every call that changes something may be repeated: what is already so is not an error. Every call ends by a
/// deadline, with ``HypervisorError/Code/timedOut`` if need be, and a call that hangs holds up no other.
public protocol Hypervisor: Sendable {
    /// Makes the domain known to the hypervisor, without starting it.
    ///
    /// - Parameter spec: The whole domain. A domain of that name which is already defined for the same machine is
    ///   redefined; a running one takes the change at its next start.
    /// - Throws: `.conflict` when the name belongs to a domain that is not this machine's, `.refused` when the
    ///   specification is not acceptable.
    func define(_ spec: DomainSpec) async throws(HypervisorError)

    /// Starts a defined domain; one that runs already is left alone.
    ///
    /// - Parameter name: The domain's name.
    /// - Throws: `.notFound` when no domain has the name.
    func start(_ name: String) async throws(HypervisorError)

    /// Asks the guest to power off (ACPI), and does not wait until it has.
    ///
    /// - Parameter name: The domain's name. A stopped domain is left alone.
    /// - Throws: `.notFound` when no domain has the name.
    func shutdown(_ name: String) async throws(HypervisorError)

    /// Ends the domain at once, as by pulling the plug. A stopped or absent domain is left alone.
    ///
    /// - Parameter name: The domain's name.
    /// - Throws: ``HypervisorError`` when the hypervisor could not end it.
    func destroy(_ name: String) async throws(HypervisorError)

    /// Makes a running domain stand still. What its guest wrote is then in its disks' files, nothing of it is left in the
    /// hypervisor's memory, and nobody writes to them until it goes on. One that does not run is left alone.
    ///
    /// - Parameter name: The domain's name.
    /// - Throws: `.notFound` when no domain has the name.
    func suspend(_ name: String) async throws(HypervisorError)

    /// Lets a domain that stands still go on. One that does not is left alone.
    ///
    /// - Parameter name: The domain's name.
    /// - Throws: `.notFound` when no domain has the name.
    func resume(_ name: String) async throws(HypervisorError)

    /// Makes the hypervisor forget the domain. An absent domain is left alone; a running one runs on, and is forgotten
    /// when it stops.
    ///
    /// - Parameter name: The domain's name.
    /// - Throws: ``HypervisorError`` when the hypervisor refuses.
    func undefine(_ name: String) async throws(HypervisorError)

    /// What the domain is doing.
    ///
    /// - Parameter name: The domain's name.
    /// - Returns: Its state, ``DomainState/absent`` when no domain has the name.
    /// - Throws: ``HypervisorError`` when the hypervisor did not answer.
    func state(_ name: String) async throws(HypervisorError) -> DomainState

    /// The processor time that a domain has used since it was started. What a guest does shows in it; an emulated guest that does
    /// nothing uses some too.
    ///
    /// - Parameter name: The domain's name.
    /// - Returns: The time; `nil` for a domain that does not run, and where the hypervisor does not count.
    /// - Throws: ``HypervisorError`` when the hypervisor did not answer.
    func processorTime(_ name: String) async throws(HypervisorError) -> Duration?

    /// The domains that carry our mark, of whatever plant, by name.
    ///
    /// - Returns: Running and stopped ones alike. Several plants may share a hypervisor: compare
    ///   ``MarkedDomain/plant``.
    /// - Throws: ``HypervisorError`` when the hypervisor did not answer.
    func marked() async throws(HypervisorError) -> [MarkedDomain]

    /// Gives the domain one more disk: at once if it runs, and for its next start.
    ///
    /// - Parameters:
    ///   - disk: The disk. If the domain already has this file at this target, nothing is done.
    ///   - name: The domain's name.
    /// - Throws: `.conflict` when another disk has the target, `.notFound` when no domain has the name.
    func attach(_ disk: DiskSpec, to name: String) async throws(HypervisorError)

    /// Takes a disk away from the domain: at once if it runs, and for its next start.
    ///
    /// - Parameters:
    ///   - target: The disk's target, `vdb` say. An absent disk, or domain, is done already.
    ///   - name: The domain's name.
    /// - Throws: `.timedOut` when the guest did not let go of the disk in time.
    func detach(target: String, from name: String) async throws(HypervisorError)

    /// Starts a defined domain from ``DomainSpec/wakes``: it goes on where the saved one stood still, with the name,
    /// UUID, disks, console and interface of its own. One that runs already is left alone.
    ///
    /// The interface is attached while the domain still stands still: no link is up before the guest filter is in place.
    ///
    /// - Parameter spec: The specification that it was defined with.
    /// - Throws: `.unsupported` where this hypervisor cannot, `.refused` for files that are no such state.
    func wake(_ spec: DomainSpec) async throws(HypervisorError)

    /// Reads a saved state before the first domain wakes from it, which then need not wait for that. What was read already
    /// costs nothing.
    ///
    /// - Throws: `.refused` for files that are no such state.
    func prepare(_ state: SavedState) async throws(HypervisorError)

    /// Saves a running domain as ``DomainSpec/saves``, and ends it.
    ///
    /// - Parameter spec: The specification that it was defined with.
    /// - Returns: The state, with the machine type that it was saved with.
    /// - Throws: `.unsupported` where this hypervisor cannot, `.notFound` when no domain has the name.
    func save(_ spec: DomainSpec) async throws(HypervisorError) -> SavedState

    /// Makes a domain that was woken another machine's: it gets the name, the machine and the paths of a specification, and
    /// keeps its UUID, its disks' files, its interface, and what it is doing. Its files are where the new paths say by then.
    ///
    /// - Parameters:
    ///   - name: The name that the domain has now.
    ///   - spec: What it is from now on; the same hardware.
    /// - Throws: `.unsupported` where this hypervisor cannot, `.notFound` when no domain has the name, `.conflict` when one has
    ///   the new name.
    func rename(_ name: String, to spec: DomainSpec) async throws(HypervisorError)

    /// What happens to this plant's marked domains from now on.
    ///
    /// Each use makes a new stream. It outlives a restart of the hypervisor's daemon: what was missed in between is
    /// found by comparison, and reported. It ends when its reader stops reading.
    var events: AsyncStream<HypervisorEvent> { get async throws(HypervisorError) }

    /// What the hypervisor and its host can do.
    ///
    /// - Returns: The facts, asked anew each time.
    /// - Throws: ``HypervisorError`` when the hypervisor did not answer.
    func capabilities() async throws(HypervisorError) -> HypervisorCapabilities
}

extension Hypervisor {
    /// For hypervisors that do not count.
    public func processorTime(_ name: String) async throws(HypervisorError) -> Duration? { nil }

    /// For hypervisors that read a state when it is needed.
    public func prepare(_ state: SavedState) async throws(HypervisorError) {}

    /// For hypervisors that cannot.
    public func wake(_ spec: DomainSpec) async throws(HypervisorError) {
        throw HypervisorError(.unsupported, "cannot wake \(spec.name): this hypervisor saves no memory")
    }

    /// For hypervisors that cannot.
    public func rename(_ name: String, to spec: DomainSpec) async throws(HypervisorError) {
        throw HypervisorError(.unsupported, "cannot rename \(name): this hypervisor renames no domain that runs")
    }

    /// For hypervisors that cannot.
    public func save(_ spec: DomainSpec) async throws(HypervisorError) -> SavedState {
        throw HypervisorError(.unsupported, "cannot save \(spec.name): this hypervisor saves no memory")
    }
}
