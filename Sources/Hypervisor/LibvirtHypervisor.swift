import LibXML
public import Libvirt

/// A hypervisor behind libvirt: QEMU with KVM or emulation, or libvirt's test driver.
public struct LibvirtHypervisor: Hypervisor {
    /// The connection, for whoever needs the same daemon for other things (networks).
    public let connection: VirtConnection
    /// The name that domains are marked with.
    public let plant: String

    let isTestDriver: Bool
    private let memory = CapabilityMemory()
    let marks = MarkMemory()

    /// A hypervisor over a connection that may be in use elsewhere, or not be made yet; asks nothing.
    ///
    /// - Parameters:
    ///   - connection: The connection; its URI names the driver.
    ///   - plant: The name to mark domains with; domains that are marked otherwise are not touched.
    /// - Throws: `.unsupported` for another driver than QEMU's and the test one.
    public init(connection: VirtConnection, plant: String) throws(HypervisorError) {
        let driver = connection.uri.prefix { $0 != ":" && $0 != "+" }
        guard driver == "qemu" || driver == "test" else {
            throw HypervisorError(.unsupported, "'\(connection.uri)' is neither qemu:… nor test:…")
        }
        self.connection = connection
        self.plant = plant
        self.isTestDriver = driver == "test"
    }

    /// Connects to a hypervisor, and sees that it answers.
    ///
    /// - Parameters:
    ///   - uri: A libvirt URI: `qemu:///system`, `test:///default`, `test:///FILE`.
    ///   - plant: The name to mark domains with; domains that are marked otherwise are not touched.
    ///   - deadline: How long a call may take. Ending a QEMU that stands still takes libvirt some 10 s.
    /// - Returns: The hypervisor.
    /// - Throws: `.unavailable` when nobody answers, `.unsupported` for another driver than QEMU's and the test one.
    public static func open(
        uri: String,
        plant: String,
        deadline: Duration = .seconds(30)
    ) async throws(HypervisorError) -> LibvirtHypervisor {
        let connection = try await speaking("connect to \(uri)") { () throws(VirtError) in
            try await VirtConnection.open(uri: uri, deadline: deadline)
        }
        return try LibvirtHypervisor(connection: connection, plant: plant)
    }

    // MARK: What it can do

    /// Asks libvirt, and looks at this host for KVM; what was found two seconds ago still holds.
    public func capabilities() async throws(HypervisorError) -> HypervisorCapabilities {
        try await memory.capabilities { () throws(HypervisorError) in try await findCapabilities() }
    }

    private func findCapabilities() async throws(HypervisorError) -> HypervisorCapabilities {
        let host = try await speaking("ask for capabilities") { () throws(VirtError) in try await connection.host() }
        guard let offered = HostCapabilities(host.capabilitiesXML) else {
            throw HypervisorError(.failed, "libvirt's capabilities document is not understood")
        }
        let offersKVM = offered.domainTypes[offered.architecture]?.contains("kvm") == true
        let kvm = await KVMProbe.look(offers: offersKVM, architecture: offered.architecture)
        var found = HypervisorCapabilities(
            type: isTestDriver ? "test" : DomainPlatform.qemu(kvm: kvm.isUsable).type,
            kvmUsable: kvm.isUsable,
            kvmReason: kvm.reason,
            version: host.version,
            hostMemory: host.memory,
            hostCPUs: host.cpus,
            architecture: offered.architecture
        )
        found.wakes = isTestDriver ? [] : [.restore]
        if kvm.isUsable { found.processor = "host-passthrough " + (KVMProbe.processorModel() ?? "unknown") }
        return found
    }

    // MARK: Defining

    /// Checks the specification, and defines the domain with the mark of this plant.
    public func define(_ spec: DomainSpec) async throws(HypervisorError) {
        try SpecCheck.check(spec)
        var spec = spec
        if let existing = try await find(spec.name, to: "define") {
            let owner = MarkedDomain(existing)?.machineID ?? "?"
            guard owner == spec.machineID else {
                throw HypervisorError(.conflict, "domain \(spec.name) belongs to machine \(owner)")
            }
            guard spec.uuid == nil || spec.uuid?.lowercased() == existing.uuid.lowercased() else {
                throw HypervisorError(.conflict, "domain \(spec.name) has the UUID \(existing.uuid) already")
            }
            spec.uuid = existing.uuid  // redefines it; without one libvirt would take it for another
        }
        let xml = try await document(of: spec)
        try await speaking("define \(spec.name)") { () throws(VirtError) in try await connection.defineDomain(xml) }
    }

    /// The domain's document as text, for this hypervisor.
    func document(of spec: DomainSpec) async throws(HypervisorError) -> String {
        let machine = try Self.machine(for: spec.architecture)
        let platform = isTestDriver ? .test : try await platform(for: spec)
        return try Self.text(DomainDocument(spec: spec, plant: plant, platform: platform, machine: machine).root)
    }

    func platform(for spec: DomainSpec) async throws(HypervisorError) -> DomainPlatform {
        if spec.accelerate == .tcg { return .qemu(kvm: false) }
        let here = try await capabilities()
        let usable = here.kvmUsable && here.architecture == spec.architecture
        guard spec.accelerate == .auto || usable else {
            throw HypervisorError(.unsupported, "\(spec.name) is to run on KVM, which is not usable: \(here.kvmReason)")
        }
        return .qemu(kvm: usable)
    }

    static func machine(for architecture: String) throws(HypervisorError) -> EmulatedMachine {
        guard let machine = EmulatedMachine(architecture: architecture) else {
            throw HypervisorError(.unsupported, "architecture '\(architecture)' is not x86_64, i686 or aarch64")
        }
        return machine
    }

    static func text(_ element: XMLElement) throws(HypervisorError) -> String {
        do throws(XMLError) {
            return try element.serialized()
        } catch {
            throw HypervisorError(error)
        }
    }
}
