import Dispatch
import Glibc
import LibXML

/// Whether KVM is proven to work.
///
/// The device alone proves nothing: there are hosts where it can be opened, and a guest still hangs before its first
/// instruction, because the processor shows no virtualisation. So three things must agree: the processor's flag, the
/// device, and libvirt's capabilities.
struct KVMProbe: Sendable, Hashable {
    /// Whether a processor of this host has the flag; `nil` where the architecture has no such flag.
    var processorFlag: Bool?
    /// Why the device cannot be opened; `nil` when it can.
    var deviceFailure: String?
    /// Whether libvirt offers domains of type `kvm`.
    var isOffered: Bool

    /// Whether all agree.
    var isUsable: Bool { processorFlag != false && deviceFailure == nil && isOffered }

    /// What is missing, all of it; or that nothing is.
    var reason: String {
        var missing: [String] = []
        if processorFlag == false { missing.append("the processor shows neither vmx nor svm") }
        if let deviceFailure { missing.append(deviceFailure) }
        if !isOffered { missing.append("libvirt offers no domain type kvm") }
        guard missing.isEmpty else { return missing.joined(separator: "; ") }
        return "processor, device and libvirt agree"
    }

    /// Looks at this host; does not hold the caller's thread while it reads.
    static func look(offers isOffered: Bool, architecture: String) async -> KVMProbe {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "kvm probe").async {
                let text = architecture == "x86_64" || architecture == "i686" ? read("/proc/cpuinfo") : nil
                let probe = KVMProbe(
                    processorFlag: text.map(hasFlag),
                    deviceFailure: openFailure(of: "/dev/kvm"),
                    isOffered: isOffered
                )
                continuation.resume(returning: probe)
            }
        }
    }

    /// Whether a `flags` line of `/proc/cpuinfo` has `vmx` or `svm` as a word of its own.
    static func hasFlag(inCPUInfo text: String) -> Bool {
        text.split(separator: "\n").contains { line in
            guard line.hasPrefix("flags") else { return false }
            return line.split(whereSeparator: \.isWhitespace).contains { $0 == "vmx" || $0 == "svm" }
        }
    }

    /// The model of the host's processor, as `/proc/cpuinfo` names it; blocks for as long as it takes to read that.
    static func processorModel() -> String? {
        let line = read("/proc/cpuinfo").split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) }
    }

    private static func openFailure(of device: String) -> String? {
        let descriptor = open(device, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return "\(device): \(String(cString: strerror(errno)))" }
        close(descriptor)
        return nil
    }

    private static func read(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < 1 << 22 {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
