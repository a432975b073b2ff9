import Glibc

/// The user that QEMU runs as.
struct QEMUUser: Sendable, Hashable {
    var user: UInt32
    var group: UInt32

    /// Looks a user up by name.
    ///
    /// - Returns: `nil` when this process is no root, and so can become nobody else.
    /// - Throws: `.unsupported` when there is no such user.
    static func named(_ name: String) throws(HypervisorError) -> QEMUUser? {
        guard geteuid() == 0 else { return nil }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        getpwnam_r(name, &entry, &buffer, buffer.count, &found)
        guard found != nil else {
            throw HypervisorError(.unsupported, "there is no user '\(name)' for QEMU to run as")
        }
        return QEMUUser(user: entry.pw_uid, group: entry.pw_gid)
    }

    /// Gives a file to this user.
    func own(_ file: OwnedDescriptor, _ path: String) throws(HypervisorError) {
        guard file.use({ fchown($0, user, group) }) == 0 else { throw .system(errno, path) }
    }
}
