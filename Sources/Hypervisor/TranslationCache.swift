/// How much memory QEMU's emulation may use for the code that it has translated; without KVM only.
///
/// Left to itself QEMU takes up to 1 GiB for each machine, whatever the machine's own memory, and a distribution that starts fills
/// 400 MB of it. When all is in use it is emptied, and what is run from then on is translated again: a guest is slowed down by that
/// only if it runs more than fits, over and over. (QEMU's `-accel tcg,tb-size=`, libvirt's `tb-cache`.)
enum TranslationCache {
    /// A small guest that boots fills 70 MB.
    private static let least = 128

    /// In MiB, for a guest of so many bytes of memory: half of that.
    static func mebibytes(forMemory bytes: Int) -> Int { min(1024, max(least, bytes >> 21)) }
}
