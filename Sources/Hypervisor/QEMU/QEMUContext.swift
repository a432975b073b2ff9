import BlockingCalls

/// What the domains of one plant that run without libvirt share.
struct QEMUContext: Sendable {
    let plant: String
    let settings: QEMUSettings
    let templates: TemplateStore
    let events: QEMUEvents
    let queue: BlockingQueue

    /// Looks up the user that QEMU runs as.
    func user() throws(HypervisorError) -> QEMUUser? { try QEMUUser.named(settings.user) }
}

/// How QEMU is run where libvirt does not.
public struct QEMUSettings: Sendable, Hashable {
    /// The directory of what is known of the domains, one directory each; only root gets in.
    public var directory: String
    /// The user that QEMU runs as. Images must be readable to it.
    public var user: String
    /// How long a call may take.
    public var deadline: Duration

    /// Settings.
    ///
    /// - Parameters:
    ///   - directory: The directory of what is known of the domains.
    ///   - user: The user that QEMU runs as.
    ///   - deadline: How long a call may take.
    public init(directory: String, user: String = "libvirt-qemu", deadline: Duration = .seconds(30)) {
        self.directory = directory
        self.user = user
        self.deadline = deadline
    }
}
