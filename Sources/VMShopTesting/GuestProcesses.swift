import FoundationEssentials
import Glibc

/// Guests without machines: for each script share of a plant the real guest runner, as a process of this host.
///
/// The scripts of such guests run on this host, as the test's user: tests give them nothing that changes it.
public actor GuestProcesses {
    private struct Guest {
        var process: pid_t
        var inode: String
    }

    private let shares: String
    private var guests: [String: Guest] = [:]
    /// Processes that were told to end and have not been waited for.
    private var ending: [pid_t] = []

    /// Guests for the shares in a directory.
    public init(shares: String) { self.shares = shares }

    /// The guest runner of this package.
    public static let runner = SourceTree.path("guest/vmshop-guest")

    /// Starts a runner for each share that appears and ends it when the share goes, until cancelled.
    public func serve() async {
        while !Task.isCancelled {
            look()
            try? await Task.sleep(for: .milliseconds(20))
        }
        for name in guests.keys { end(name) }
        for process in ending { kill(-process, SIGKILL) }
        for process in ending { waitpid(process, nil, 0) }
    }

    private func look() {
        ending.removeAll { waitpid($0, nil, WNOHANG) != 0 }
        let present = inodes()
        for (name, guest) in guests where present[name] != guest.inode { end(name) }
        for (name, inode) in present where guests[name] == nil {
            guard let process = Self.start(shares + "/" + name) else { continue }
            guests[name] = Guest(process: process, inode: inode)
        }
    }

    private func end(_ name: String) {
        guard let guest = guests.removeValue(forKey: name) else { return }
        kill(-guest.process, SIGTERM)
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

    /// Starts a runner in a process group of its own, its output thrown away.
    private static func start(_ share: String) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var words: [UnsafeMutablePointer<CChar>?] = []
        for word in ["/bin/sh", runner, "--share", share] { words.append(strdup(word)) }
        words.append(nil)
        defer { words.forEach { free($0) } }
        var process: pid_t = 0
        return posix_spawn(&process, "/bin/sh", &actions, &attributes, &words, environ) == 0 ? process : nil
    }
}
