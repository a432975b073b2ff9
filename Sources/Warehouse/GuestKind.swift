/// How the guest runner gets into a machine.
public enum GuestKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// The image has the runner already and starts it at boot.
    case runner
    /// The image has cloud-init, which takes the runner from a seed disk.
    case cloudInit
}
