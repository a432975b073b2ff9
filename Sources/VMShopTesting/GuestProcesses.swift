import FoundationEssentials
import Glibc

/// Guests without machines: for each script share of a plant the real guest runner, as a process of this host.
///
/// The scripts of such guests run on this host, as the test's user: tests give them nothing that changes it.
public actor GuestProcesses {
    private struct Guest {
        var process: ChildProcess
        var inode: String
    }

    private let shares: String
    private var guests: [String: Guest] = [:]
    /// Processes that were told to end and have not been waited for.
    private var ending: [ChildProcess] = []
    private var isEnding = false

    /// Guests for the shares in a directory.
    public init(shares: String) { self.shares = shares }

    /// The guest runner of this package.
    public static let runner = SourceTree.path("guest/vmshop-guest")

    /// Makes ``serve()`` return.
    public func end() { isEnding = true }

    /// Starts a runner for each share that appears and ends it when the share goes, until cancelled or told to end.
    public func serve() async {
        while !Task.isCancelled, !isEnding {
            look()
            try? await Task.sleep(for: .milliseconds(20))
        }
        for name in guests.keys { end(name) }
        for process in ending { process.send(SIGKILL) }
        // UNSTRUCTURED: awaited right here; it reaps what was killed also when this task is cancelled.
        await Task { for process in ending { _ = try? await process.ended(within: .seconds(5)) } }.value
    }

    private func look() {
        ending.removeAll { $0.status() != nil }
        let present = inodes()
        for (name, guest) in guests where present[name] != guest.inode { end(name) }
        for (name, inode) in present where guests[name] == nil {
            guard let process = ChildProcess(["/bin/sh", Self.runner, "--share", shares + "/" + name]) else { continue }
            guests[name] = Guest(process: process, inode: inode)
        }
    }

    private func end(_ name: String) {
        guard let guest = guests.removeValue(forKey: name) else { return }
        guest.process.send(SIGTERM)
        ending.append(guest.process)
    }

    /// The shares that are complete, by name. A share that was removed and made anew has another inode.
    private func inodes() -> [String: String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: shares)) ?? []
        return names.reduce(into: [:]) { result, name in
            guard FileManager.default.fileExists(atPath: shares + "/" + name + "/identity") else { return }
            let attributes = try? FileManager.default.attributesOfItem(atPath: shares + "/" + name)
            // Its type differs between the Foundations; its text does not.
            result[name] = attributes?[.systemFileNumber].map { "\($0)" }
        }
    }
}
