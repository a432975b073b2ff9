import LibXML

/// What makes a domain ours: an element of a namespace of our own in its metadata.
///
/// libvirt keeps it, shows it, and does not look into it.
struct DomainMark: Sendable, Hashable {
    static let namespace = "urn:vmshop:domain:1"

    var machineID: String
    var plant: String

    init(machineID: String, plant: String) {
        self.machineID = machineID
        self.plant = plant
    }

    /// Reads the element as libvirt gives it; `nil` when it is not such a one.
    init?(metadata: String) {
        guard let element = try? XMLParser().parse(Array(metadata.utf8)) else { return nil }
        guard element.name == "machine", let id = element["id"], let plant = element["plant"] else { return nil }
        self.init(machineID: id, plant: plant)
    }

    var element: XMLElement {
        XMLElement(
            "machine",
            namespace: Self.namespace,
            attributes: [.init(name: "id", value: machineID), .init(name: "plant", value: plant)]
        )
    }
}
