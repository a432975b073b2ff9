import BlockingCalls
import LibXML
import Libvirt

extension LibvirtHypervisor {
    private static let files = BlockingQueue("vmshop.saved-states")
    /// A state is as large as the memory that was ever used.
    private static let transferDeadline = Duration.seconds(120)

    /// Starts a domain of this plant from a state that libvirt saved.
    ///
    /// Of the saved file only QEMU's state and the places of the devices count. The document of the domain is our own, so
    /// that a file of somebody else's can name no device and no file of this host.
    public func wake(_ spec: DomainSpec) async throws(HypervisorError) {
        try SpecCheck.check(spec)
        let state = try restorable(spec.wakes, "wake \(spec.name)")
        let domain = try await required(spec.name, to: "wake")
        if !domain.state.isActive { try await restore(spec, uuid: domain.uuid, from: state) }
        // From here on also for one that a call before has left standing still.
        if let interface = spec.interface { try await plug(interface, into: spec.name) }
        try await resume(spec.name)
    }

    /// Saves a domain of this plant to one file of libvirt's, and ends it.
    public func save(_ spec: DomainSpec) async throws(HypervisorError) -> SavedState {
        try SpecCheck.check(spec)
        var state = try restorable(spec.saves, "save \(spec.name)")
        _ = try await required(spec.name, to: "save")
        let path = state.statePath
        try await speaking("save \(spec.name)") { () throws(VirtError) in
            try await connection.saveDomain(spec.name, to: path, deadline: Self.transferDeadline)
        }
        let saved = try await Self.files.run { () throws(HypervisorError) in try SaveImage(path: path) }
        guard !saved.hasInterface, let machine = saved.machineType else {
            throw HypervisorError(.refused, "\(spec.name) was saved with a network card, or without a machine type")
        }
        state.machineType = machine
        return state
    }

    private func restorable(_ state: SavedState?, _ attempt: String) throws(HypervisorError) -> SavedState {
        guard let state else { throw HypervisorError(.refused, "cannot \(attempt): no saved state is named") }
        guard state.kind == .restore, !isTestDriver else {
            throw HypervisorError(.unsupported, "cannot \(attempt): libvirt knows no \(state.kind.rawValue) here")
        }
        return state
    }

    /// Has libvirt read the state, and leave the domain standing still.
    private func restore(
        _ spec: DomainSpec,
        uuid: String,
        from state: SavedState
    ) async throws(HypervisorError) {
        let saved = try await Self.files.run { () throws(HypervisorError) in try SaveImage(path: state.statePath) }
        let head = saved.head(for: try await document(of: spec, uuid: uuid, asSavedIn: saved, state))
        let pipe = StatePipe(
            path: spec.consoleLog + ".state",
            head: head,
            statePath: state.statePath,
            offset: saved.stateOffset
        )
        try await pipe.use(Self.files) { () throws(HypervisorError) in
            try await speaking("wake \(spec.name)") { () throws(VirtError) in
                try await connection.restoreDomain(from: pipe.path, deadline: Self.transferDeadline)
            }
        }
    }

    /// The document of the run that wakes up: without a network card, and on the machine that was saved.
    private func document(
        of spec: DomainSpec,
        uuid: String,
        asSavedIn saved: SaveImage,
        _ state: SavedState
    ) async throws(HypervisorError) -> String {
        var (bare, machine) = (spec, try Self.machine(for: spec.architecture))
        (bare.interface, bare.uuid) = (nil, uuid)
        machine.type = state.machineType ?? machine.type
        let platform = try await platform(for: spec)
        let document = DomainDocument(spec: bare, plant: plant, platform: platform, machine: machine)
        return try Self.text(DevicePlaces(of: saved.document).applied(to: document.root))
    }

    /// Gives the run of now its network card, unless it has it.
    private func plug(_ interface: InterfaceSpec, into name: String) async throws(HypervisorError) {
        let xml = try await speaking("look at \(name)") { () throws(VirtError) in try await connection.domainXML(name) }
        guard !Self.hasInterface(interface.mac, xml) else { return }
        let element = try Self.text(DeviceDocument.interface(interface, hasROM: false))
        try await speaking("plug the network card of \(name)") { () throws(VirtError) in
            try await connection.attachDevice(element, to: name, scope: .live)
        }
    }

    private static func hasInterface(_ mac: String, _ document: String) -> Bool {
        let root = try? XMLParser().parse(Array(document.utf8))
        let interfaces = root?.first(named: "devices")?.children(named: "interface") ?? []
        return interfaces.contains { $0.first(named: "mac")?["address"]?.lowercased() == mac.lowercased() }
    }
}
