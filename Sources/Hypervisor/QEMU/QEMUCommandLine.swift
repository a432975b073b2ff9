/// The command line of a QEMU that runs one domain, its monitor on an inherited socket. It begins standing still, without
/// a network card: both are given to it over the monitor.
///
/// Machines that start from a memory template have the devices of the machine that it was made of, each at the same place.
///
/// The machine is a q35: its tables say which interrupt a card has without the guest having to compute them, which for the
/// older `pc` takes an emulated guest 180 ms when a card comes.
struct QEMUCommandLine: Sendable {
    var spec: DomainSpec
    var uuid: String
    var machineType: String
    var usesKVM: Bool
    var memory: Memory
    /// The inherited socket that the monitor listens on.
    var monitor: Int32

    /// Where the guest's memory comes from.
    enum Memory: Sendable, Hashable {
        /// From nowhere: the machine boots.
        case fresh
        /// It is the file of this path, so that it can become a template.
        case kept(path: String)
        /// A private view of an inherited descriptor; the devices' state comes over the monitor.
        case template(descriptor: Int32)
    }

    static let program = "/usr/bin/qemu-system-x86_64"
    /// The name of the memory, which the state of the devices refers to.
    static let memoryName = "ram"
    /// The kind of machine where none is prescribed.
    static let machineType = "q35"
    /// How many devices can be plugged in while the machine runs: each needs a port of its own. The first one is the network
    /// card's, the others are for disks after the first one.
    static let portCount = 16

    /// The name of a port.
    static func port(_ index: Int) -> String { "port\(index)" }

    var arguments: [String] {
        var line = [Self.program, "-name", "guest=\(spec.name)", "-uuid", uuid, "-S"]
        line += ["-nodefaults", "-no-user-config", "-display", "none"]
        line += ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]
        line += ["-machine", "\(machineType),usb=off,graphics=off,memory-backend=\(Self.memoryName)"]
        line += ["-accel", usesKVM ? "kvm" : emulation, "-cpu", usesKVM ? "host" : "max"]
        line += ["-m", "size=\(kibibytes)k", "-smp", String(spec.cpus), "-object", memoryObject]
        // A guest that panics has failed; one that powers off has not.
        line += ["-action", "panic=exit-failure", "-device", "pvpanic"]
        line += [
            "-chardev", "socket,id=monitor,fd=\(monitor),server=on,wait=off", "-mon", "chardev=monitor,mode=control",
        ]
        line += ["-chardev", "file,id=console,path=\(Self.escaped(spec.consoleLog)),append=on"]
        line += ["-device", "isa-serial,chardev=console", "-object", "rng-random,id=entropy,filename=/dev/urandom"]
        line += ["-device", "virtio-rng-pci,rng=entropy,addr=0x2"] + ports
        for (index, disk) in spec.disks.enumerated() { line += arguments(of: disk, at: index) }
        if let boot = spec.boot { line += arguments(of: boot) }
        if case .template = memory { line += ["-incoming", "defer"] }
        return line
    }

    private var emulation: String { "tcg,tb-size=\(TranslationCache.mebibytes(forMemory: spec.memory))" }

    private var ports: [String] {
        (0..<Self.portCount).flatMap { index in
            let slot = index < 8 ? 3 : 1
            let place = "addr=0x\(slot).\(index % 8),multifunction=on,chassis=\(index + 1),slot=\(index + 1)"
            return ["-device", "pcie-root-port,id=\(Self.port(index)),\(place)"]
        }
    }

    private var kibibytes: Int { (spec.memory + 1023) / 1024 }

    private var memoryObject: String {
        switch memory {
        case .fresh: "memory-backend-ram,id=\(Self.memoryName),size=\(kibibytes)k"
        case .kept(let path):
            "memory-backend-file,id=\(Self.memoryName),size=\(kibibytes)k,mem-path=\(Self.escaped(path)),share=on"
        case .template(let descriptor):
            "memory-backend-file,id=\(Self.memoryName),size=\(kibibytes)k,mem-path=/dev/fd/\(descriptor),share=off"
        }
    }

    /// Disks stand at places of their own from 4 on, behind the ports.
    private func arguments(of disk: DiskSpec, at index: Int) -> [String] {
        let place = ",addr=0x" + String(index + 4, radix: 16)
        return ["-blockdev", QEMUDevice.blockText(of: disk), "-device", QEMUDevice.text(of: disk) + place]
    }

    private func arguments(of boot: DirectBoot) -> [String] {
        var line = ["-kernel", boot.kernel]
        if let initrd = boot.initrd { line += ["-initrd", initrd] }
        if !boot.commandLine.isEmpty { line += ["-append", boot.commandLine] }
        return line
    }

    /// A value in a list of options: a comma would end it.
    static func escaped(_ value: String) -> String {
        value.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
    }
}
