import ClassAds
import CostModel
import Hypervisor
import ServerSettings

/// What requests may require of a plant: what its owner says of it, and what it knows of itself.
enum PlantAttributes {
    /// The attributes that every plant has. Memory and disk are in MiB, as in those of machines.
    ///
    /// - Parameters:
    ///   - settings: The plant's.
    ///   - host: Its hypervisor's host, where that can be asked.
    /// - Returns: The attributes; those of memory, processors and disk only where they have a limit.
    static func all(_ settings: PlantSettings, on host: HypervisorCapabilities?) -> Attributes {
        let capacity = PlantCapacity(settings, on: host)
        var all = settings.attributes
        all["Plant"] = .string(settings.name)
        all["Arch"] = host.map { .string($0.architecture) }
        all["Hypervisor"] = host.map { .string($0.type) }
        all["Machines"] = .integer(capacity.machines)
        all["Memory"] = capacity.memory.map { .integer($0 >> 20) }
        all["Cpus"] = capacity.cpus.map { .integer($0) }
        all["Disk"] = capacity.disk.map { .integer($0 >> 20) }
        all["Price"] = .real(settings.price)
        return all
    }

    /// Names that a plant's owner cannot give.
    static let own = ["Plant", "Arch", "Hypervisor", "Machines", "Memory", "Cpus", "Disk", "Price"]

    /// Reads what the owner says, items such as `Rack=b12`, `Ssd=true` or `Generation=3`.
    ///
    /// - Parameter items: The items. A value is a number, `true` or `false`, or else a text, in quotes or not.
    /// - Returns: The attributes.
    /// - Throws: ``SettingsError`` for an item that is none, or a name that is given twice or taken.
    static func read(_ items: [String]) throws(SettingsError) -> Attributes {
        var all = Attributes()
        for item in items {
            guard let parts = item.wholeMatch(of: /([A-Za-z_][A-Za-z0-9_]{0,62}) *= *(.{1,255})/)?.output else {
                throw SettingsError("attributes: `\(item.prefix(80))` must be NAME=VALUE, `Rack=b12` say")
            }
            let name = String(parts.1)
            guard all[name] == nil else { throw SettingsError("attributes: \(name) is given twice") }
            guard !own.contains(where: { $0.lowercased() == name.lowercased() }) else {
                throw SettingsError("attributes: every plant has \(name) of its own; name it otherwise")
            }
            all[name] = value(String(parts.2))
        }
        return all
    }

    private static func value(_ text: String) -> AttributeValue {
        if let quoted = text.wholeMatch(of: /"(.*)"/)?.output.1 { return .string(String(quoted)) }
        if let number = Int(text) { return .integer(number) }
        if let number = Double(text), number.isFinite { return .real(number) }
        if ["true", "false"].contains(text.lowercased()) { return .boolean(text.lowercased() == "true") }
        return .string(text)
    }
}

extension Attributes {
    /// The attributes in one line, for people.
    var listed: String { sorted.map { "\($0.name)=\($0.value)" }.joined(separator: ", ") }
}
