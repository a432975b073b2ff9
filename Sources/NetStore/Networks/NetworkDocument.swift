import LibXML

/// The libvirt document of a network of ours, as a tree: no text is pasted into text.
enum NetworkDocument {
    /// The namespace of our mark in a network's metadata.
    static let namespace = "urn:vmshop:network:1"

    /// A network without a way out, with its bridge, the plant's address, and a DHCP server that answers only hosts
    /// that are listed: there is no range.
    ///
    /// Where the network is a client domain's and small, every address it can lend is listed from the start: libvirt
    /// takes a quarter of a second to list one more. The guest filter lets nobody ask for an address that is not his.
    static func network(_ network: GuestNetwork, plant: String, leases: [GuestLease]) -> XMLElement {
        let every = network.everyAnswer
        var mark = XMLElement("network", namespace: namespace)
        mark["plant"] = plant
        mark["domain"] = network.domain
        mark["answers"] = every == nil ? nil : everyAnswer
        let hosts = every ?? leases.map(Host.init)
        return XMLElement(
            "network",
            children: [
                XMLElement("name", text: network.name),
                XMLElement("metadata", children: [mark]),
                element("bridge", ["name": network.bridge, "stp": "off", "delay": "0"]),
                // No name server: a guest may not reach one, and asks its plant for nothing but an address.
                element("dns", ["enable": "no"]),
                XMLElement(
                    "ip",
                    attributes: attributes(["address": network.gateway.description, "netmask": network.subnet.netmask]),
                    children: [XMLElement("dhcp", children: hosts.map(\.element))]
                ),
            ]
        )
    }

    /// A fixed DHCP answer.
    static func host(_ lease: GuestLease) -> XMLElement {
        element("host", ["mac": lease.mac, "ip": lease.address])
    }

    /// The plant whose mark a document bears, if any.
    static func plant(in document: XMLElement) -> String? { mark(in: document)?["plant"] }

    /// Whether a network was made with an answer for every address that it can lend.
    static func answersEvery(in document: XMLElement) -> Bool { mark(in: document)?["answers"] == everyAnswer }

    private static let everyAnswer = "every"

    private static func mark(in document: XMLElement) -> XMLElement? {
        document.first(named: "metadata")?.children.first { $0.name == "network" && $0.namespace == namespace }
    }

    /// The fixed DHCP answers of a document.
    static func hosts(in document: XMLElement) -> [Host] {
        document.children(named: "ip").flatMap { $0.children(named: "dhcp") }.flatMap { $0.children(named: "host") }
            .compactMap { element in
                guard let mac = element["mac"], let address = element["ip"] else { return nil }
                return Host(mac: mac, address: address)
            }
    }

    /// A fixed DHCP answer, to compare by.
    struct Host: Sendable, Hashable {
        var mac: String
        var address: String

        init(mac: String, address: String) {
            self.mac = mac.lowercased()
            self.address = address
        }

        init(_ lease: GuestLease) { self.init(mac: lease.mac, address: lease.address) }

        var element: XMLElement { NetworkDocument.element("host", ["mac": mac, "ip": address]) }
    }

    private static func element(_ name: String, _ values: KeyValuePairs<String, String>) -> XMLElement {
        XMLElement(name, attributes: attributes(values))
    }

    private static func attributes(_ values: KeyValuePairs<String, String>) -> [XMLAttribute] {
        values.map { XMLAttribute(name: $0, value: $1) }
    }
}

extension GuestNetwork {
    /// Larger ones would make a long document, which libvirt reads at each start of a machine.
    private static let mostAnswers = 256

    /// The DHCP answers of every address that it can lend; nil where they are listed one by one, as machines come: in
    /// large networks, and in those of an imported `ip.txt`, whose other addresses are somebody else's.
    var everyAnswer: [NetworkDocument.Host]? {
        guard domain != nil, subnet.size <= Self.mostAnswers else { return nil }
        return (subnet.base.value + 1..<subnet.last.value).map(IPv4Address.init(value:)).filter { $0 != gateway }
            .map { NetworkDocument.Host(mac: $0.mac, address: $0.description) }
    }
}
