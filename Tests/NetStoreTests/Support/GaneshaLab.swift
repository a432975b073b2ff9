import Glibc
import Testing

@testable import NetStore

/// An NFS server and a bus of its own, on the host of a lab. Its files are private to its mount namespace.
struct GaneshaLab: Sendable {
    let lab: NetworkLab
    var socket: String { lab.folder + "/bus" }
    var address: String { "unix:path=" + socket }
    var log: String { lab.folder + "/ganesha.log" }

    func start() async throws {
        try await startBus()
        try await startServer()
    }

    func exporter(timeout: Duration = .seconds(10)) throws -> GaneshaExporter {
        try GaneshaExporter(directory: lab.folder + "/exports", busAddress: address, timeout: timeout)
    }

    /// A share with a file that says whose it is.
    func share(_ lease: GuestLease) async throws -> ShareExport {
        try await Command.run("/bin/mkdir", "-p", lease.share)
        try write(lease.share + "/token", lease.machineID)
        return try ShareExport(lease: lease)
    }

    func startBus() async throws {
        try write(
            lab.folder + "/bus.conf",
            """
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
             "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig><type>custom</type><listen>\(address)</listen><auth>EXTERNAL</auth>
            <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
            <allow own="*"/></policy></busconfig>
            """
        )
        try await Command.start([
            "/usr/sbin/ip", "netns", "exec", lab.host, "dbus-daemon", "--fork", "--config-file=\(lab.folder)/bus.conf",
        ])
    }

    /// Starts the server, with the exports whose files lie in a directory.
    func startServer(including exports: String? = nil) async throws {
        try write(
            lab.folder + "/ganesha.conf",
            """
            NFS_CORE_PARAM { Bind_addr = \(lab.gateway); Protocols = 4; NFS_Port = 2049; Enable_NLM = false;
                Enable_RQUOTA = false; }
            NFSv4 { Graceless = true; }
            \(exports.map { "%dir " + $0 } ?? "")

            """
        )
        let script = """
            mount --make-rprivate / && mount -t tmpfs none /run && mount -t tmpfs none /var/lib/nfs \
            && mkdir -p /run/ganesha /var/lib/nfs/ganesha \
            && export DBUS_SYSTEM_BUS_ADDRESS=\(address) \
            && exec ganesha.nfsd -f \(lab.folder)/ganesha.conf -L \(log) -p \(lab.folder)/ganesha.pid -N NIV_EVENT
            """
        try await Command.start([
            "/usr/sbin/ip", "netns", "exec", lab.host, "unshare", "-m", "/bin/sh", "-c", script,
        ])
        for _ in 0..<200 {
            if let exporter = try? exporter(timeout: .seconds(1)), (try? await exporter.list()) != nil { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Command.Failure(description: "Ganesha does not answer:\n" + ((try? text(log)) ?? "no log"))
    }

    func killServer(_ signal: CInt) async throws {
        let process = try #require(pid_t(text(lab.folder + "/ganesha.pid").filter(\.isNumber)))
        try #require(kill(process, signal) == 0)
        guard signal == SIGKILL else { return }
        for _ in 0..<100 where kill(process, 0) == 0 { try await Task.sleep(for: .milliseconds(20)) }
        unlink(lab.folder + "/ganesha.pid")
    }

    /// What a guest reads over NFS; nil when it may not.
    func read(_ name: String, of export: ShareExport, as lease: GuestLease) async throws -> String? {
        let url = "nfs://\(lab.gateway)\(export.pseudoPath)/\(name)?version=4"
        let words = ["/usr/sbin/ip", "netns", "exec", lab.guest(lease), "timeout", "3", "nfs-cat", url]
        let answer = try await Command.attempt(words)
        return answer.isSuccess ? answer.output : nil
    }

    /// The names that a guest sees over NFS.
    func names(of export: ShareExport, as lease: GuestLease) async throws -> [String]? {
        let url = "nfs://\(lab.gateway)\(export.pseudoPath)?version=4"
        let words = ["/usr/sbin/ip", "netns", "exec", lab.guest(lease), "timeout", "3", "nfs-ls", url]
        let answer = try await Command.attempt(words)
        guard answer.isSuccess else { return nil }
        return answer.output.split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) }
    }
}
