import LibXML

/// What libvirt's capabilities document says.
struct HostCapabilities: Sendable, Hashable {
    /// The host's architecture.
    var architecture: String
    /// Domain types by guest architecture.
    var domainTypes: [String: Set<String>]

    /// Reads the document; `nil` when it is not one.
    init?(_ xml: String) {
        guard let root = try? XMLParser().parse(Array(xml.utf8)), root.name == "capabilities" else { return nil }
        let host = root.first(named: "host")
        guard let architecture = host?.first(named: "cpu")?.first(named: "arch")?.text else { return nil }
        self.architecture = architecture
        self.domainTypes = [:]
        for guest in root.children(named: "guest") {
            guard let arch = guest.first(named: "arch"), let name = arch["name"] else { continue }
            domainTypes[name, default: []].formUnion(arch.children(named: "domain").compactMap { $0["type"] })
        }
    }
}
