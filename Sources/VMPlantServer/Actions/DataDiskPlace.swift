/// What a machine's journal says of a data disk that is to be attached.
enum DataDiskPlace: Sendable, Hashable {
    /// An earlier try of the same action attached it.
    case attached
    /// Another action attached one of that serial: to take it for this one would be to attach nothing.
    case taken(HostResource)
    /// It is to be attached behind so many others.
    case free(Int)

    /// Looks a disk up.
    ///
    /// - Parameters:
    ///   - serial: The disk's serial.
    ///   - action: The id of the action that attaches it.
    ///   - entries: The journal of the machine, the oldest entry first.
    init(of serial: String, for action: String, in entries: [JournalEntry]) {
        let own = entries.filter { $0.resource.serial == serial && $0.state == .held }
        if let other = own.first(where: { $0.resource.isDisk(notOf: action) }) {
            self = .taken(other.resource)
        } else if !own.isEmpty {
            self = .attached
        } else {
            // A disk keeps its place: an earlier try, which may have taken effect, is repeated and not doubled.
            let serials = entries.compactMap(\.resource.serial).reduce(into: [String]()) { serials, serial in
                if !serials.contains(serial) { serials.append(serial) }
            }
            self = .free(serials.firstIndex(of: serial) ?? serials.count)
        }
    }
}

extension HostResource {
    /// The serial of a data disk.
    fileprivate var serial: String? {
        if case .dataDisk(let serial, _) = self { serial } else { nil }
    }

    /// Whether it is a disk that another action attached. Of one from before that was noted, nobody knows whose it is.
    fileprivate func isDisk(notOf action: String) -> Bool {
        if case .dataDisk(_, let owner?) = self { owner != action } else { false }
    }
}
