import FoundationEssentials
import NetStore
import ShopAPI

/// The files of a NoCloud seed disk, by which an unmodified image with cloud-init learns who it is and runs our guest
/// runner (<https://cloudinit.readthedocs.io/en/latest/reference/datasources/nocloud.html>).
struct CloudInitSeed {
    let machine: MachineID
    /// The address of the machine's network card; nothing for one that is to be saved without a card.
    let mac: String?
    /// Where the guest mounts its script share from, `server:/path`; nothing where it is to find it by its address.
    let share: String?

    /// The seed of a machine with a lease.
    init(machine: MachineID, lease: GuestLease, share: String) {
        (self.machine, mac, self.share) = (machine, lease.mac, share)
    }

    /// The seed of a machine that is saved while it runs: whoever wakes up from it gets a card of its own then.
    init(savedMachine machine: MachineID) {
        (self.machine, mac, share) = (machine, nil, nil)
    }

    /// The files by name.
    var files: [String: [UInt8]] {
        let values = [
            "@RUNNER_BASE64@": Self.base64(PackageResources.vmshop_guest),
            "@UNIT_BASE64@": Self.base64(PackageResources.vmshop_guest_service),
            "@SETTINGS_BASE64@": Self.base64(Array((share.map { "share=\($0)\n" } ?? "").utf8)),
            "@MACHINE_ID@": machine.text, "@HOSTNAME@": machine.resourceName,
            "@MATCH@": mac.map { "macaddress: \"\($0)\"" } ?? "name: \"e*\"",
            // A card that is not there yet must not hold up the start.
            "@CARD@": mac == nil ? "optional: true" : "set-name: eth0",
        ]
        return [
            "user-data": Self.fill(PackageResources.user_data, values),
            "meta-data": Self.fill(PackageResources.meta_data, values),
            "network-config": Self.fill(PackageResources.network_config, values),
        ]
    }

    private static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// Every value is of our own making (ids, addresses, base 64), so none can be read as anything but a value.
    private static func fill(_ template: [UInt8], _ values: [String: String]) -> [UInt8] {
        var text = String(decoding: template, as: UTF8.self)
        for (placeholder, value) in values.sorted(by: { $0.key < $1.key }) {
            text = text.split(separator: placeholder, omittingEmptySubsequences: false).joined(separator: value)
        }
        return Array(text.utf8)
    }
}
