import LibXML
public import Libvirt

/// Private networks made by libvirt: each a bridge of its own with no way out, and a DHCP server that gives every
/// machine the address that the book lent it. Whom else it would answer the guest filter does not let through.
///
/// Networks are defined, so that they outlive libvirt's daemon, but not started with the host: the plant does that.
/// Each carries the plant's name in its metadata; what does not is never touched.
///
/// libvirt's `test` driver keeps documents and states but makes no bridge and answers no DHCP, and refuses to change
/// a network in place; there a changed list of hosts is defined anew.
public struct LibvirtNetworks: NetworkDriver {
    private let connection: VirtConnection
    private let plant: String
    /// Nil for a driver that makes neither bridges nor processes.
    private let host: Host?

    /// What of a network is on the host, whatever libvirt believes.
    struct Host: Sendable {
        var links: any HostLinks = KernelLinks()
        var servers = DHCPServer()
    }

    /// The networks of one plant.
    ///
    /// - Parameters:
    ///   - connection: The hypervisor.
    ///   - plant: The plant's name, which marks its networks.
    /// - Throws: ``NetStoreError`` `.invalid` for a name that cannot be one.
    public init(connection: VirtConnection, plant: String) throws(NetStoreError) {
        try self.init(connection: connection, plant: plant, host: connection.uri.hasPrefix("test:") ? nil : Host())
    }

    init(connection: VirtConnection, plant: String, host: Host?) throws(NetStoreError) {
        try NameRules.checkLabel(plant)
        self.connection = connection
        self.plant = plant
        self.host = host
    }

    /// Makes sure that a network is there, up, and answers these hosts as it should; also where its bridge was deleted or its
    /// DHCP server was killed, which libvirt does not notice.
    ///
    /// - Throws: ``NetStoreError`` `.conflict` when a network of that name is not ours or has another bridge.
    public func ensure(_ network: GuestNetwork, leases: [GuestLease]) async throws(NetStoreError) {
        try NameRules.checkLabel(network.name)
        try NameRules.checkInterface(network.bridge)
        let leases = leases.filter { $0.network == network.name }
        if let document = try await ownDocument(network.name) {
            guard document.first(named: "bridge")?["name"] == network.bridge else {
                throw NetStoreError(.conflict, "network \(network.name) has another bridge than \(network.bridge)")
            }
            try await align(document, of: network, with: leases)
        } else {
            try await define(network, leases)
        }
        try await start(network.name)
        if let host { try await mend(network, leases, host) }
    }

    /// Takes a network down and forgets it.
    public func remove(network name: String) async throws(NetStoreError) {
        guard try await ownDocument(name) != nil else { return }
        try await tolerating(.operationInvalid) { () async throws(VirtError) in
            try await connection.destroyNetwork(name)
        }
        try await tolerating(.noNetwork) { () async throws(VirtError) in try await connection.undefineNetwork(name) }
    }

    /// Adds the fixed DHCP answer of a lease, to the running network and to its definition, unless it is there.
    public func addHost(_ lease: GuestLease) async throws(NetStoreError) {
        try await change(lease.network) { hosts in Self.add(lease, to: &hosts) }
    }

    /// A MAC or an address has one answer: what contradicts this one goes.
    private static func add(_ lease: GuestLease, to hosts: inout [NetworkDocument.Host]) {
        hosts.removeAll { $0.mac == lease.mac || $0.address == lease.address }
        hosts.append(NetworkDocument.Host(lease))
    }

    /// Takes the fixed DHCP answer of a lease back. Where host or network are gone already, or the network is somebody
    /// else's, that is done. A network that answers for every address keeps its answers.
    public func removeHost(_ lease: GuestLease) async throws(NetStoreError) {
        guard let document = try await document(lease.network), NetworkDocument.plant(in: document) == plant else {
            return
        }
        guard !NetworkDocument.answersEvery(in: document) else { return }
        try await change(lease.network) { hosts in hosts.removeAll { $0 == NetworkDocument.Host(lease) } }
    }

    /// The networks with our plant's mark, by name.
    public func list() async throws(NetStoreError) -> [MarkedNetwork] {
        var marked: [MarkedNetwork] = []
        for network in try await asking({ () async throws(VirtError) in try await connection.networks() }) {
            guard let document = try await document(network.name) else { continue }
            guard NetworkDocument.plant(in: document) == plant else { continue }
            marked.append(MarkedNetwork(name: network.name, plant: plant, isActive: network.isActive))
        }
        return marked.sorted { $0.name < $1.name }
    }

    /// The names of all networks there are.
    public func names() async throws(NetStoreError) -> Set<String> {
        Set(try await asking { () async throws(VirtError) in try await connection.networks() }.map(\.name))
    }
}

// How it is done.
extension LibvirtNetworks {
    private func define(_ network: GuestNetwork, _ leases: [GuestLease]) async throws(NetStoreError) {
        let document = NetworkDocument.network(network, plant: plant, leases: leases)
        try await define(document)
    }

    private func define(_ document: XMLElement) async throws(NetStoreError) {
        let text = try Self.text(document)
        try await asking { () async throws(VirtError) in try await connection.defineNetwork(text) }
    }

    private func start(_ name: String) async throws(NetStoreError) {
        let found = try await asking { () async throws(VirtError) in try await connection.network(named: name) }
        guard found?.isActive == false else { return }
        // Somebody else may have started it meanwhile.
        try await tolerating(.operationInvalid) { () async throws(VirtError) in try await connection.createNetwork(name)
        }
    }

    private func mend(_ network: GuestNetwork, _ leases: [GuestLease], _ host: Host) async throws(NetStoreError) {
        if try await host.links.index(of: network.bridge) == nil {
            try await tolerating(.operationInvalid) { () async throws(VirtError) in
                try await connection.destroyNetwork(network.name)
            }
            try await start(network.name)
        }
        try await rejoin(leases, to: network.bridge, host.links)
        guard let lease = leases.first, try await !host.servers.isAlive(network.name) else { return }
        // Any change of the hosts makes libvirt start the server where it is gone; this one changes nothing.
        let text = try Self.text(NetworkDocument.host(lease))
        try await asking { () async throws(VirtError) in
            try await connection.updateNetworkHost(.modify, host: text, of: network.name, scope: .live)
        }
    }

    /// Puts the taps of running machines on a bridge that was made anew. A tap that is younger than the bridge was, or
    /// is just being, put there by libvirt.
    private func rejoin(_ leases: [GuestLease], to bridge: String, _ links: any HostLinks) async throws(NetStoreError) {
        guard let age = try await links.index(of: bridge) else { return }
        for lease in leases {
            guard let tap = try await links.index(of: lease.tap), tap < age else { continue }
            try await links.join(lease.tap, to: bridge)
        }
    }

    private func align(
        _ document: XMLElement,
        of network: GuestNetwork,
        with leases: [GuestLease]
    ) async throws(NetStoreError) {
        let hosts = NetworkDocument.hosts(in: document)
        var wanted = NetworkDocument.answersEvery(in: document) ? hosts : []
        for lease in leases { Self.add(lease, to: &wanted) }
        guard Set(wanted) != Set(hosts) else { return }
        try await change(network.name) { $0 = wanted }
    }

    /// Brings the hosts of a network to what a change makes of them: first what goes, then what comes.
    private func change(
        _ name: String,
        _ body: (inout [NetworkDocument.Host]) -> Void
    ) async throws(NetStoreError) {
        guard let document = try await ownDocument(name) else {
            throw NetStoreError(.notFound, "network \(name) is not there: ensure it first")
        }
        let old = NetworkDocument.hosts(in: document)
        var new = old
        body(&new)
        do throws(NetStoreError) {
            for host in Set(old).subtracting(new) { try await update(.delete, host, of: name) }
            for host in Set(new).subtracting(old) { try await update(.add, host, of: name) }
        } catch {
            guard error.code == .unsupported else { throw error }
            try await redefine(document, new)
        }
    }

    /// What is there already, or gone already, is no error.
    private func update(
        _ change: VirtNetworkChange,
        _ host: NetworkDocument.Host,
        of name: String
    ) async throws(NetStoreError) {
        let text = try Self.text(host.element)
        do throws(VirtError) {
            try await connection.updateNetworkHost(change, host: text, of: name)
        } catch {
            guard error.code == .operationInvalid, let document = try await document(name) else {
                throw Self.wrapped(error)
            }
            guard NetworkDocument.hosts(in: document).contains(host) == (change == .add) else {
                throw Self.wrapped(error)
            }
        }
    }

    /// For drivers that cannot change a network in place.
    private func redefine(_ document: XMLElement, _ hosts: [NetworkDocument.Host]) async throws(NetStoreError) {
        var document = document
        for ip in document.children.indices where document.children[ip].name == "ip" {
            document.children[ip].children.removeAll { $0.name == "dhcp" }
            document.children[ip].children.append(XMLElement("dhcp", children: hosts.map(\.element)))
        }
        try await define(document)
    }

    /// The document of a network with our mark; nil when there is no network of that name.
    private func ownDocument(_ name: String) async throws(NetStoreError) -> XMLElement? {
        guard let document = try await document(name) else { return nil }
        guard NetworkDocument.plant(in: document) == plant else {
            throw NetStoreError(.conflict, "network \(name) does not bear the mark of plant \(plant): it is left alone")
        }
        return document
    }

    private func document(_ name: String) async throws(NetStoreError) -> XMLElement? {
        let text: String
        do throws(VirtError) {
            text = try await connection.networkXML(name)
        } catch {
            guard error.code == .noNetwork else { throw Self.wrapped(error) }
            return nil
        }
        do throws(XMLError) {
            return try XMLParser().parse(Array(text.utf8))
        } catch {
            throw NetStoreError(.failed, "network \(name): libvirt's document cannot be read: \(error)")
        }
    }

    private func asking<Value>(_ call: () async throws(VirtError) -> Value) async throws(NetStoreError) -> Value {
        do throws(VirtError) {
            return try await call()
        } catch {
            throw Self.wrapped(error)
        }
    }

    private func tolerating(
        _ code: VirtError.Code,
        _ call: () async throws(VirtError) -> Void
    ) async throws(NetStoreError) {
        do throws(VirtError) {
            try await call()
        } catch {
            guard error.code == code else { throw Self.wrapped(error) }
        }
    }

    private static func text(_ element: XMLElement) throws(NetStoreError) -> String {
        do throws(XMLError) {
            return try element.serialized(indent: 0)
        } catch {
            throw NetStoreError(.invalid, "network document: \(error)")
        }
    }

    private static func wrapped(_ error: VirtError) -> NetStoreError {
        let code: NetStoreError.Code =
            switch error.code {
            case .timedOut, .operationTimeout: .timedOut
            case .unavailable, .connectionLost, .busy: .unavailable
            case .unsupported, .configurationUnsupported: .unsupported
            case .noNetwork: .notFound
            case .exists: .conflict
            case .xml, .invalidArgument: .invalid
            default: .failed
            }
        return NetStoreError(code, "\(error)")
    }
}
