import FoundationEssentials
import Glibc
import ServerSettings

/// The directories of a plant, and who may pass through them.
struct PlantDirectories: Sendable {
    /// Path and permissions, parents first.
    private let modes: [(path: String, mode: mode_t)]

    init(_ settings: PlantSettings) {
        modes = [
            // QEMU runs as a user of its own and must be able to pass to its disks; it need not list.
            (settings.stateDirectory, 0o711), (MachineFiles.root(settings.stateDirectory), 0o711),
            // A guest is root in its share and may leave a program there that makes whoever runs it root: no user of the
            // host gets in. The file server is root.
            (settings.shareRoot, 0o700),
        ]
    }

    /// Makes those that are not there, with the parents they need. The permissions of shares are put right also where
    /// the directory is there.
    ///
    /// - Throws: ``SettingsError`` when that cannot be done.
    func make() async throws {
        try await BlockingWork.run {
            for (path, mode) in modes {
                do {
                    try FileManager.default.createDirectory(
                        atPath: path,
                        withIntermediateDirectories: true,
                        attributes: [.posixPermissions: Int(mode)]
                    )
                } catch {
                    throw SettingsError("state.directory: \(path) cannot be made: \(error)")
                }
            }
            guard let shares = modes.last, chmod(shares.path, shares.mode) == 0 else {
                throw SettingsError("state.directory: the permissions of its directory `shares` cannot be set")
            }
        }
    }
}
