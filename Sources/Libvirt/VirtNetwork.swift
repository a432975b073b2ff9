/// A network, as libvirt knew it when it was asked.
public struct VirtNetwork: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Its UUID.
    public var uuid: String
    /// The bridge it uses, or will use when it is started; `nil` when it has none.
    public var bridge: String?
    /// Whether it is up.
    public var isActive: Bool
    /// Whether it is defined, and so outlives its run.
    public var isPersistent: Bool
}
