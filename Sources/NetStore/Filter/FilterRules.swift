/// The commands that make the guest filter's table. Every value in them has been checked before.
///
/// Whatever comes in from a tap of ours is dropped, unless a rule lets it pass, and a rule does so only for the
/// tap's own MAC and address, and only toward the plant's address on that bridge:
///
/// - `links` (tap . MAC): may ask for an address over DHCP, before it has one.
/// - `paths` (tap . MAC . guest's address . plant's address): may speak ARP, ICMP echo, DHCP and NFS with the plant.
///
/// So there is no IPv6, no VLAN, no DHCP answer, no other port of the plant, and no neighbour: the `forward` chain
/// moreover lets no frame pass from port to port, whatever is in it. Rules are stateless: no connection tracking
/// that a guest could fill.
struct FilterRules: Sendable, Hashable {
    var table: String
    var tapPrefix: String

    init(table: String, tapPrefix: String) throws(NetStoreError) {
        try NameRules.checkTable(table)
        try NameRules.checkInterface(tapPrefix)
        self.table = table
        self.tapPrefix = tapPrefix
    }

    /// One transaction that replaces the whole table, whatever was there: at no time is it absent.
    func replacement(_ guests: [FilteredGuest]) -> String {
        """
        add table bridge \(table)
        delete table bridge \(table)
        table bridge \(table) {
            set links {
                type ifname . ether_addr
        \(elements(guests.map(\.link)))
            }
            set paths {
                type ifname . ether_addr . ipv4_addr . ipv4_addr
        \(elements(guests.map(\.path)))
            }
            chain guest {
                ether type arp jump address_resolution
                ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 iifname . ether saddr @links accept
                ether type ip jump internet
                drop
            }
            chain address_resolution {
                arp htype 1 arp ptype ip arp operation { request, reply } \
        iifname . ether saddr . arp saddr ip . arp daddr ip @paths \
        iifname . arp saddr ether . arp saddr ip . arp daddr ip @paths accept
                drop
            }
            chain internet {
                iifname . ether saddr . ip saddr . ip daddr @paths jump service
                drop
            }
            chain service {
                tcp dport 2049 accept
                udp sport 68 udp dport 67 accept
                icmp type { echo-request, echo-reply } accept
                drop
            }
            chain prerouting {
                type filter hook prerouting priority -300; policy accept;
                iifname "\(tapPrefix)*" jump guest
            }
            chain forward {
                type filter hook forward priority -300; policy accept;
                iifname "\(tapPrefix)*" drop
                oifname "\(tapPrefix)*" drop
            }
        }

        """
    }

    func admission(_ guest: FilteredGuest) -> String {
        """
        add element bridge \(table) links { \(guest.link) }
        add element bridge \(table) paths { \(guest.path) }

        """
    }

    /// Adding first makes it idempotent: deleting what is not there would be refused.
    func expulsion(_ guest: FilteredGuest) -> String {
        """
        add element bridge \(table) links { \(guest.link) }
        add element bridge \(table) paths { \(guest.path) }
        delete element bridge \(table) links { \(guest.link) }
        delete element bridge \(table) paths { \(guest.path) }

        """
    }

    var listing: String { "list set bridge \(table) paths" }

    /// Prints the whole table.
    var wholeListing: String { "list table bridge \(table)" }

    /// What is printed of the table without who is admitted: it stays as it was made.
    static func withoutElements(_ listing: String) -> String {
        var isWithin = false
        return listing.split(separator: "\n").filter { line in
            let isElement = isWithin || line.contains("elements = {")
            isWithin = isElement && !line.contains("}")
            return !isElement
        }.joined(separator: "\n")
    }

    var removal: String {
        """
        add table bridge \(table)
        delete table bridge \(table)

        """
    }

    private func elements(_ elements: [String]) -> String {
        elements.isEmpty ? "" : "        elements = { \(elements.joined(separator: ", ")) }"
    }
}
