/// The only place where libvirt's C interface is spoken.
///
/// ``VirtConnection`` runs each call on a thread of its own with a deadline, and gives `Sendable` values back; handles
/// and pointers stay inside. Libvirt's error is read in the frame of the call that set it.
public enum Libvirt {}
