import LibXML

/// Where on the PCI bus the devices of a saved machine were: its state fits them nowhere else.
///
/// All else of a machine that wakes up is of our own making. Its saved document says what somebody once ran, perhaps on
/// another host, and is not believed.
struct DevicePlaces: Sendable {
    private let addresses: [String: XMLElement]

    /// From a domain's document.
    init(of document: XMLElement) {
        var addresses: [String: XMLElement] = [:]
        for device in document.first(named: "devices")?.children ?? [] {
            let found = device.children(named: "address").first { $0["type"] == "pci" }
            guard let found, let address = Self.plain(found) else { continue }
            addresses[Self.key(of: device)] = address
        }
        self.addresses = addresses
    }

    /// A domain's document with its devices where those were.
    func applied(to document: XMLElement) -> XMLElement {
        var document = document
        for index in document.children.indices where document.children[index].name == "devices" {
            for device in document.children[index].children.indices {
                let key = Self.key(of: document.children[index].children[device])
                guard let address = addresses[key] else { continue }
                document.children[index].children[device].children.append(address)
            }
        }
        return document
    }

    /// What a device is known by, in whatever document of the same machine.
    private static func key(of device: XMLElement) -> String {
        let name = device.first(named: "target")?["dev"] ?? device["index"] ?? ""
        return [device.name, device["type"] ?? "", name].joined(separator: " ")
    }

    private static func plain(_ address: XMLElement) -> XMLElement? {
        var plain = XMLElement("address")
        for name in ["type", "domain", "bus", "slot", "function"] {
            guard let value = address[name], value.utf8.count <= 8, value.utf8.allSatisfy(isLetterOrDigit) else {
                return nil
            }
            plain[name] = value
        }
        return plain
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
