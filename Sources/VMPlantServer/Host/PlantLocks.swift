import FoundationEssentials
import ServerSettings

/// What a plant must have for itself: its state directory and, where it looks after the guest filter or Ganesha's exports,
/// the host.
struct PlantLocks: Sendable {
    private let settings: PlantSettings
    private let hostLock: String

    /// - Parameters:
    ///   - settings: The plant's.
    ///   - hostLock: The file that stands for the host. The hypervisor's own directory is where one host is told from
    ///     another also when a machine is made to look like several.
    init(_ settings: PlantSettings, hostLock: String = "/run/libvirt/vmplant.lock") {
        self.settings = settings
        self.hostLock = hostLock
    }

    /// Takes the locks.
    ///
    /// - Returns: The locks, held as long as they are kept.
    /// - Throws: ``SettingsError`` when another process has one of them.
    func take() async throws -> [StateLock] {
        try await BlockingWork.run {
            let state = try StateLock(directory: settings.stateDirectory)
            guard settings.hypervisorURI.hasPrefix("qemu"), !settings.sharesHost else { return [state] }
            let directory = hostLock.split(separator: "/").dropLast().joined(separator: "/")
            // The hypervisor's daemon may come later; its users must get to its sockets whatever our umask is.
            try? FileManager.default.createDirectory(
                atPath: "/" + directory,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o755]
            )
            let host = try StateLock(file: hostLock, about: "hypervisor.uri") { holder in
                "\(holder) is the plant of this host, and one host can have one plant"
            }
            return [state, host]
        }
    }
}
