import FoundationEssentials
import NetStore
import ShopAPI

/// The files of a NoCloud seed disk, by which an unmodified image with cloud-init learns who it is and runs our guest
/// runner (<https://cloudinit.readthedocs.io/en/latest/reference/datasources/nocloud.html>).
struct CloudInitSeed {
    let machine: MachineID
    let lease: GuestLease
    /// Where the guest mounts its script share from: `server:/path`.
    let share: String

    /// The files by name.
    var files: [String: [UInt8]] {
        let values = [
            "@RUNNER_BASE64@": Self.base64(PackageResources.vmshop_guest),
            "@UNIT_BASE64@": Self.base64(PackageResources.vmshop_guest_service),
            "@SETTINGS_BASE64@": Self.base64(Array("share=\(share)\n".utf8)),
            "@MACHINE_ID@": machine.text, "@HOSTNAME@": machine.resourceName, "@MAC@": lease.mac,
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
