import Libvirt
import Synchronization

/// Which domains bear whose mark, for some minutes: a mark is read by a question of its own for each domain, and does not change.
/// Whoever touches a domain reads it once more.
final class MarkMemory: Sendable {
    /// What was read of a domain: a mark, or that it bears none.
    struct Known: Sendable {
        var name: String
        var mark: DomainMark?
        var until: ContinuousClock.Instant
    }

    private let validity: Duration
    private let known = Mutex<[String: Known]>([:])

    /// A memory of nothing yet.
    init(validity: Duration = .seconds(300)) { self.validity = validity }

    /// What is still to be believed, by the UUIDs of the domains.
    func marks(at now: ContinuousClock.Instant = .now) -> [String: Known] {
        known.withLock { $0.filter { $0.value.until > now } }
    }

    /// The domains that bear a mark, where only those were asked for theirs that are not among `marks`; forgets all others.
    func marked(
        _ domains: [VirtDomain],
        _ marks: [String: Known],
        at now: ContinuousClock.Instant = .now
    ) -> [MarkedDomain] {
        var read: [String: Known] = [:]
        for domain in domains {
            read[domain.uuid] =
                if let known = marks.of(domain) { known } else {
                    Known(name: domain.name, mark: domain.mark, until: now + validity)
                }
        }
        known.withLock { [read] in $0 = read }
        return domains.compactMap { MarkedDomain($0, read[$0.uuid]?.mark) }
    }
}

extension [String: MarkMemory.Known] {
    /// What is known of a domain; nothing when another had its UUID.
    func of(_ domain: VirtDomain) -> MarkMemory.Known? {
        self[domain.uuid].flatMap { $0.name == domain.name ? $0 : nil }
    }
}

extension VirtDomain {
    /// Our mark, where the domain was asked for it and bears one.
    var mark: DomainMark? { metadata.flatMap(DomainMark.init(metadata:)) }
}
