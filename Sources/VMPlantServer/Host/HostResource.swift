/// Something a machine holds on its host. Every name that a resource has there derives from the machine's id or from
/// its row in the address book, so a line of the journal is enough to find it again.
enum HostResource: Sendable, Hashable, Codable {
    /// The row of the address book: address, MAC, tap, share and export id.
    case lease
    /// The libvirt network of the client domain, and the machine's static lease in it.
    case network
    /// The element of the guest filter that lets the machine's tap use its MAC and address, and no other.
    case filter
    /// The directory of the script share.
    case share
    /// The NFS export of the share to the machine's address.
    case export
    /// The directory with the machine's disks; the overlay on its image is made in it.
    case disk
    /// The NoCloud seed disk, for images with cloud-init.
    case seed
    /// The libvirt domain, defined and started.
    case domain
    /// A data disk that a host action attached, by its serial, and the id of the action.
    case dataDisk(serial: String, action: String? = nil)

    /// The name in journals, events and fault points.
    var name: String {
        switch self {
        case .lease: "lease"
        case .network: "network"
        case .filter: "filter"
        case .share: "share"
        case .export: "export"
        case .disk: "disk"
        case .seed: "seed"
        case .domain: "domain"
        case .dataDisk: "data-disk"
        }
    }

    /// The names of all kinds.
    static let names = [HostResource]([
        .lease, .network, .filter, .share, .export, .disk, .seed, .domain, .dataDisk(serial: ""),
    ]).map(\.name)

    /// What it is, for people.
    var title: String {
        switch self {
        case .lease: "address and share checked out"
        case .network: "host-only network ready"
        case .filter: "guest filter admits the machine"
        case .share: "script share made"
        case .export: "script share exported"
        case .disk: "disk cloned"
        case .seed: "seed disk written"
        case .domain: "domain started"
        case .dataDisk(let serial, _): "data disk \(serial) attached"
        }
    }
}
