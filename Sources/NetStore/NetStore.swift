/// What a plant lends to a machine so that it can be configured: an address on a private network, a directory
/// through which scripts go in and results come out, the NFS export of that directory to that one address, and
/// the packet filter that keeps the guest to both.
///
/// - ``AddressBook`` decides, in one SQLite transaction, who has which address, MAC, tap, share and export.
/// - ``NetworkDriver`` (``LibvirtNetworks``) makes the private networks that the book names.
/// - ``ShareExporter`` (``GaneshaExporter``, ``KernelExporter``) exports a share to its guest and takes it back.
/// - ``GuestFilter`` pins every tap to its MAC and address, and lets guests reach their plant's NFS and DHCP only.
/// - ``ScriptShare`` writes jobs into a share and reads what the guest answered, which is never trusted.
///
/// The book is the truth. The other four are idempotent: they make the host agree with it, as often as needed.
public enum NetStore {}
