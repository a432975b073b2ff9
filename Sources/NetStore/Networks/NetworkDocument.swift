import LibXML

/// The libvirt document of a network of ours, as a tree: no text is pasted into text.
enum NetworkDocument {
    /// The namespace of our mark in a network's metadata.
    static let namespace = "urn:vmshop:network:1"

    /// A network without a way out, with its bridge, the plant's address, and a DHCP server that answers only hosts
    /// that are listed: there is no range.
    static func network(_ network: GuestNetwork, plant: String, leases: [GuestLease]) -> XMLElement {
        var mark = XMLElement("network", namespace: namespace)
        mark["plant"] = plant
        mark["domain"] = network.domain
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
                    children: [XMLElement("dhcp", children: leases.map(host))]
                ),
            ]
        )
    }

    /// A fixed DHCP answer.
    static func host(_ lease: GuestLease) -> XMLElement {
        element("host", ["mac": lease.mac, "ip": lease.address])
    }

    /// The plant whose mark a document bears, if any.
    static func plant(in document: XMLElement) -> String? {
        document.first(named: "metadata")?.children.first { $0.name == "network" && $0.namespace == namespace }?[
            "plant"
        ]
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
