import LibXML

/// A disk in a domain's document.
struct AttachedDisk: Sendable, Hashable {
    var element: XMLElement

    /// The file, if it is one.
    var path: String? { element.first(named: "source")?["file"] }

    /// Finds the disk with a target in a domain's document.
    init?(target: String, in document: String) {
        guard let root = try? XMLParser().parse(Array(document.utf8)) else { return nil }
        let disks = root.first(named: "devices")?.children(named: "disk") ?? []
        guard let found = disks.first(where: { $0.first(named: "target")?["dev"] == target }) else { return nil }
        self.element = found
    }

    /// The architecture that a domain's document names.
    static func architecture(ofDomain document: String) -> String? {
        let root = try? XMLParser().parse(Array(document.utf8))
        return root?.first(named: "os")?.first(named: "type")?["arch"]
    }

    /// As much of the element as libvirt needs to find the disk again.
    var reference: XMLElement {
        var reference = XMLElement("disk", attributes: element.attributes)
        reference.children = ["source", "target"].compactMap { element.first(named: $0) }
        // Attributes that libvirt adds to a running domain's document (index, id) are not to be sent back.
        for index in reference.children.indices {
            reference.children[index].attributes.removeAll { !["file", "dev", "bus"].contains($0.name) }
            reference.children[index].children = []
        }
        return reference
    }
}
