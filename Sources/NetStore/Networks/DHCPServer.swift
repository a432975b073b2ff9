import Glibc

/// The dnsmasq processes that libvirt started for its networks, found by the files in which it notes their numbers.
struct DHCPServer: Sendable, Hashable {
    /// Where libvirt keeps these files.
    var directory = "/run/libvirt/network"

    /// Whether the network's process lives. True also where libvirt keeps its files elsewhere: then nothing is known.
    func isAlive(_ network: String) async throws(NetStoreError) -> Bool {
        try await BlockingWork.run { () throws(NetStoreError) -> Bool in
            guard let folder = try Folder.open(directory) else { return true }
            guard let text = try folder.read(network + ".pid", limit: 64) else { return false }
            let digits = String(decoding: text.bytes.prefix { NameRules.isDigit($0) }, as: UTF8.self)
            guard let process = pid_t(digits), process > 0 else { return false }
            // The number may be another process's by now.
            guard let folder = try Folder.open("/proc/\(process)") else { return false }
            return try folder.read("comm", limit: 64)?.bytes.starts(with: "dnsmasq".utf8) == true
        }
    }
}
