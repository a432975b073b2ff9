import Glibc
import Testing

@testable import NetStore

/// A host and guests in network namespaces of their own: nothing leaves them.
///
/// Names start with `ns-<pid>-`; what a test process that died left behind is removed by the next one.
struct NetworkLab: Sendable {
    /// The namespace of the host.
    let host: String
    let bridge = "vmsbr0"
    let gateway = "10.90.0.1"
    /// A directory for files of the test.
    let folder: String

    /// Runs a body with a host that has a bridge.
    static func with(_ name: String, _ body: (NetworkLab) async throws -> Void) async throws {
        try #require(getuid() == 0, "this test needs root: it makes network namespaces")
        try await sweep()
        try await withTemporaryFolder { folder in
            let lab = NetworkLab(host: "ns-\(getpid())-\(name)", folder: folder)
            do {
                try await lab.build()
                try await body(lab)
                try await lab.destroy()
            } catch {
                try? await lab.destroy()
                throw error
            }
        }
    }

    /// The lease of a guest of this lab, by number.
    func lease(_ number: Int) -> GuestLease {
        let address = IPv4Address(value: 0x0A5A_0000 + UInt32(number))
        return GuestLease(
            machineID: "M\(number)",
            domain: "a.example",
            network: "vmshop-net0",
            bridge: bridge,
            address: address.description,
            mac: address.mac,
            gateway: gateway,
            prefixLength: 24,
            share: folder + "/shares/M\(number)",
            exportID: 100 + number,
            tap: "vmst" + address.hex
        )
    }

    /// Plugs a guest in: a namespace whose only interface is the other end of its tap.
    func plug(_ lease: GuestLease) async throws {
        let guest = guest(lease)
        try await Command.run("/usr/sbin/ip", "netns", "add", guest)
        try await onHost("ip", "link", "add", lease.tap, "type", "veth", "peer", "name", "eth0", "netns", guest)
        try await onHost("ip", "link", "set", lease.tap, "master", lease.bridge, "up")
        try await inGuest(lease, "ip", "link", "set", "lo", "up")
        try await inGuest(lease, "ip", "link", "set", "eth0", "address", lease.mac, "up")
        try await inGuest(lease, "ip", "address", "add", lease.address + "/24", "dev", "eth0")
    }

    func guest(_ lease: GuestLease) -> String { host + "-" + lease.machineID }

    @discardableResult
    func onHost(_ words: String...) async throws -> String {
        try await Command.run(["/usr/sbin/ip", "netns", "exec", host] + words)
    }

    @discardableResult
    func inGuest(_ lease: GuestLease, _ words: String...) async throws -> String {
        try await Command.run(["/usr/sbin/ip", "netns", "exec", guest(lease)] + words)
    }

    /// Whether a command succeeds in a guest.
    func succeeds(_ lease: GuestLease, _ words: String...) async throws -> Bool {
        try await Command.attempt(["/usr/sbin/ip", "netns", "exec", guest(lease)] + words).isSuccess
    }

    private func build() async throws {
        try await Command.run("/usr/sbin/ip", "netns", "add", host)
        try await onHost("ip", "link", "set", "lo", "up")
        try await onHost("ip", "link", "add", bridge, "type", "bridge")
        try await onHost("ip", "address", "add", gateway + "/24", "dev", bridge)
        try await onHost("ip", "link", "set", bridge, "up")
    }

    private func destroy() async throws {
        try await Self.remove { $0 == host || $0.hasPrefix(host + "-") }
    }

    /// Removes what processes left that are no more.
    private static func sweep() async throws {
        try await remove { name in
            let parts = name.split(separator: "-")
            guard parts.count >= 3, parts[0] == "ns", let owner = pid_t(parts[1]) else { return false }
            return kill(owner, 0) != 0
        }
    }

    private static func remove(where isGone: (String) -> Bool) async throws {
        let names = try await Command.run("/usr/sbin/ip", "netns", "list")
            .split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
        for name in names where isGone(name) {
            let processes = try await Command.run("/usr/sbin/ip", "netns", "pids", name)
            for process in processes.split(separator: "\n").compactMap({ pid_t($0) }) { kill(process, SIGKILL) }
            try await Command.run("/usr/sbin/ip", "netns", "delete", name)
        }
    }
}
