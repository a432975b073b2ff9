/// What a specification must be before libvirt sees it.
///
/// libvirt escapes nothing that it hands on to QEMU's command line but commas, and takes names for file names: so
/// names and paths have narrow forms here.
enum SpecCheck {
    /// Refuses a domain that is not acceptable.
    static func check(_ spec: DomainSpec) throws(HypervisorError) {
        try check(name: spec.name)
        try require(isToken(spec.machineID, 128), "machine id '\(spec.machineID)' is not 1 to 128 of [A-Za-z0-9_.:-]")
        if let uuid = spec.uuid { try require(isUUID(uuid), "'\(uuid)' is not a UUID") }
        try require(spec.memory >= 1 << 20, "memory is \(spec.memory) bytes; at least 1 MiB is needed")
        try require((1...1024).contains(spec.cpus), "there are \(spec.cpus) processors; 1 to 1024 are possible")
        try check(path: spec.consoleLog, of: "console log")
        for disk in spec.disks { try check(disk) }
        let targets = spec.disks.map(\.target)
        try require(Set(targets).count == targets.count, "two disks have the same target: \(targets)")
        if let interface = spec.interface { try check(interface) }
        if let boot = spec.boot { try check(boot) }
        for state in [spec.wakes, spec.saves].compactMap({ $0 }) { try check(state) }
        try require(spec.saves == nil || spec.interface == nil, "a domain that is to be saved has no interface")
    }

    private static func check(_ state: SavedState) throws(HypervisorError) {
        try check(path: state.statePath, of: "saved state")
        if let memory = state.memoryPath { try check(path: memory, of: "saved memory") }
        try require(
            (state.kind == .template) == (state.memoryPath != nil),
            "a template has a memory file, nothing else has"
        )
        if let type = state.machineType { try require(isToken(type, 63, "_.-"), "machine type '\(type)' is none") }
    }

    /// Refuses a domain's name that is not `[a-z0-9][a-z0-9-]{0,62}`.
    static func check(name: String) throws(HypervisorError) {
        let bytes = name.utf8
        let isLower = bytes.allSatisfy { isLowerOrDigit($0) || $0 == UInt8(ascii: "-") }
        try require(
            (1...63).contains(bytes.count) && isLower && bytes.first.map(isLowerOrDigit) == true,
            "domain name '\(name)' is not [a-z0-9][a-z0-9-]{0,62}"
        )
    }

    /// Refuses a disk that is not acceptable.
    static func check(_ disk: DiskSpec) throws(HypervisorError) {
        try check(path: disk.path, of: "disk")
        try check(target: disk.target)
        try require(disk.cdrom || disk.target.hasPrefix("vd"), "target '\(disk.target)' of a virtio disk is not vd…")
        if let serial = disk.serial {
            try require(isToken(serial, 20, "_.+-"), "serial '\(serial)' is not 1 to 20 of [A-Za-z0-9_.+-]")
        }
    }

    /// Refuses a target that is not two known letters and one to three more.
    static func check(target: String) throws(HypervisorError) {
        let letters = target.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        let known = ["vd", "hd", "sd"].contains { target.hasPrefix($0) }
        try require(letters && known && (3...5).contains(target.utf8.count), "target '\(target)' is not vda, hda, sda…")
    }

    private static func check(_ interface: InterfaceSpec) throws(HypervisorError) {
        let network = interface.network
        try require(isToken(network, 63, "_.-"), "network '\(network)' is not 1 to 63 of [A-Za-z0-9_.-]")
        try require(isMAC(interface.mac), "'\(interface.mac)' is not the hardware address of one interface")
        if let bridge = interface.bridge {
            try require(isToken(bridge, 15, "_.-"), "bridge '\(bridge)' is not 1 to 15 of [A-Za-z0-9_.-]")
        }
        guard let tap = interface.tapName else { return }
        try require(isToken(tap, 15, "_.-"), "tap '\(tap)' is not 1 to 15 of [A-Za-z0-9_.-]")
        // libvirt takes such names for ones that it gave itself, and drops them.
        let reserved = ["vnet", "vif", "macvtap", "macvlan"].contains { tap.hasPrefix($0) }
        try require(!reserved, "tap '\(tap)' begins like the names that libvirt gives itself")
    }

    private static func check(_ boot: DirectBoot) throws(HypervisorError) {
        try check(path: boot.kernel, of: "kernel")
        if let initrd = boot.initrd { try check(path: initrd, of: "initial RAM disk") }
        let printable = boot.commandLine.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
        try require(printable && boot.commandLine.utf8.count < 2048, "the kernel's command line is not printable ASCII")
    }

    private static func check(path: String, of what: String) throws(HypervisorError) {
        let clean = path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } && path.utf8.count < 4096
        // By bytes, as the kernel does: a combining mark makes one character of itself and the slash before it.
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isPlain = path.utf8.first == UInt8(ascii: "/") && !parts.contains { $0.elementsEqual("..".utf8) }
        try require(clean && isPlain, "\(what) '\(path)' is not an absolute path")
    }

    private static func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(HypervisorError) {
        guard condition else { throw HypervisorError(.refused, message()) }
    }
}

extension SpecCheck {
    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isLowerOrDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private static func isToken(_ text: String, _ limit: Int, _ others: String = "_.:-") -> Bool {
        (1...limit).contains(text.utf8.count)
            && text.utf8.allSatisfy { isLetterOrDigit($0) || others.utf8.contains($0) }
    }

    private static func isHexadecimal(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { byte in "0123456789abcdefABCDEF".utf8.contains(byte) }
    }

    private static func isUUID(_ text: String) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.utf8.count) == [8, 4, 4, 4, 12] && groups.allSatisfy { isHexadecimal($0) }
    }

    /// Six bytes, and not the address of a group.
    private static func isMAC(_ text: String) -> Bool {
        let bytes = text.split(separator: ":", omittingEmptySubsequences: false)
        guard bytes.count == 6, bytes.allSatisfy({ $0.utf8.count == 2 && isHexadecimal($0) }) else { return false }
        return UInt8(bytes[0], radix: 16).map { $0 & 1 == 0 } == true
    }
}
