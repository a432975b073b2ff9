import Testing

/// The whole product as its users see it: a shop and two plants as processes of their own, each on a host of the lab
/// with its libvirtd, QEMU and NFS-Ganesha, driven by the command line. Nothing of the product is linked in.
///
/// One lab serves the whole run, so the tests take turns. They need root and the lab's packages, and fail without them.
@Suite(.serialized)
enum EndToEnd {}
