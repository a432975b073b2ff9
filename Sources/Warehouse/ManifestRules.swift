import DAGModel

/// What must hold for the values of a manifest, besides its form.
enum ManifestRules {
    /// The longest history of an image.
    static let maximumHistory = 10_000

    /// Throws ``WarehouseError/Code/damaged`` naming the first field that is out of bounds.
    static func check(_ manifest: ImageManifest) throws(WarehouseError) {
        guard manifest.formatVersion == ImageManifest.currentFormatVersion else {
            throw Self.wrong("formatVersion", "is \(manifest.formatVersion); this program reads version 1")
        }
        guard ImageName.isValid(manifest.name) else {
            throw Self.wrong("name", "\(manifest.name.debugDescription) is no image name")
        }
        try Self.check(manifest.disk)
        if let boot = manifest.boot { try Self.check(boot) }
        try Self.check(manifest.hardware)
        try Self.checkText(manifest.operatingSystem, "operatingSystem", limit: 64)
        try Self.checkText(manifest.description, "description", limit: 4096)
        if let parent = manifest.parent { try Self.check(parent, "parent") }
        if let memory = manifest.memory { try Self.check(memory) }
        try Self.check(manifest.history)
    }

    private static func check(_ disk: DiskFile) throws(WarehouseError) {
        try Self.checkFile(path: disk.path, bytes: disk.bytes, digest: disk.digest, "disk")
        let size = disk.virtualSize
        guard size > 0, size % 512 == 0, size <= QCOW2Header.maximumVirtualSize else {
            throw Self.wrong("disk.virtualSize", "is \(size), not a multiple of 512 between 512 and 64 TiB")
        }
        guard disk.format == .qcow2 || disk.bytes == size else {
            throw Self.wrong(
                "disk.virtualSize",
                "is \(size), but a raw disk of \(disk.bytes) bytes is as large as its file"
            )
        }
        try Self.check(disk.layers, of: disk)
    }

    private static func check(_ layers: [DiskLayer], of disk: DiskFile) throws(WarehouseError) {
        guard layers.isEmpty || disk.format == .qcow2, layers.dropLast().allSatisfy({ $0.format == .qcow2 }) else {
            throw Self.wrong("disk.layers", "has a raw disk that stands on another")
        }
        guard layers.count <= DiskLayer.maximumDepth else {
            throw Self.wrong("disk.layers", "has \(layers.count) disks; \(DiskLayer.maximumDepth) are allowed")
        }
        for (index, layer) in layers.enumerated() {
            let field = "disk.layers[\(index)]"
            try Self.check(layer.image, field + ".image")
            try Self.checkFile(path: layer.path, bytes: layer.bytes, digest: layer.digest, field)
            let size = layer.virtualSize
            guard size > 0, size % 512 == 0, size <= QCOW2Header.maximumVirtualSize else {
                throw Self.wrong(field + ".virtualSize", "is \(size), not a multiple of 512 between 512 and 64 TiB")
            }
        }
    }

    private static func check(_ image: ImageReference, _ field: String) throws(WarehouseError) {
        guard ImageName.isValid(image.name) else {
            throw Self.wrong(field + ".name", "\(image.name.debugDescription) is no image name")
        }
        guard image.digest.hasPrefix("sha256:"), Self.isHexadecimal(String(image.digest.dropFirst(7))) else {
            throw Self.wrong(field + ".digest", "is not \"sha256:\" and 64 hexadecimal digits")
        }
    }

    private static func check(_ memory: MemoryState) throws(WarehouseError) {
        guard (1 << 20...1 << 46).contains(memory.memory.bytes), (1...1024).contains(memory.cpus) else {
            throw Self.wrong("memory", "is of \(memory.memory) and \(memory.cpus) processors")
        }
        guard (memory.kind == .template) == (memory.ram != nil) else {
            throw Self.wrong("memory.ram", "is there just when the kind is template")
        }
        for (file, field) in [(memory.state, "memory.state"), (memory.ram ?? memory.state, "memory.ram")] {
            try Self.checkFile(path: file.path, bytes: file.bytes, digest: file.digest, field)
        }
        let host = memory.host
        for text in [host.machine, host.processor, host.accelerator, host.hypervisor] {
            try Self.checkText(text, "memory.host", limit: 256)
        }
    }

    private static func check(_ boot: ImageBoot) throws(WarehouseError) {
        let kernel = boot.kernel
        try Self.checkFile(path: kernel.path, bytes: kernel.bytes, digest: kernel.digest, "boot.kernel")
        if let initrd = boot.initrd {
            try Self.checkFile(path: initrd.path, bytes: initrd.bytes, digest: initrd.digest, "boot.initrd")
        }
        try Self.checkText(boot.commandLine, "boot.commandLine", limit: 2047)
    }

    private static func check(_ hardware: ImageHardware) throws(WarehouseError) {
        let architecture = hardware.architecture.utf8
        let isPlain = architecture.allSatisfy {
            (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f
        }
        guard isPlain, (1...32).contains(architecture.count) else {
            throw Self.wrong(
                "hardware.architecture",
                "\(hardware.architecture.debugDescription) is none, such as x86_64"
            )
        }
        if let memory = hardware.minimumMemory, memory.bytes < 0 {
            throw Self.wrong("hardware.minimumMemory", "is negative")
        }
    }

    private static func check(_ history: [PerformedAction]) throws(WarehouseError) {
        guard history.count <= Self.maximumHistory else {
            throw Self.wrong("history", "has \(history.count) actions; \(Self.maximumHistory) are allowed")
        }
        var seen: Set<ActionKey> = []
        for (index, performed) in history.enumerated() {
            guard seen.insert(performed.key).inserted else {
                throw Self.wrong("history[\(index)].key", "is there twice")
            }
            try Self.checkText(performed.action, "history[\(index)].action", limit: 64)
            try Self.checkText(performed.operation, "history[\(index)].operation", limit: 64)
        }
    }

    private static func checkFile(
        path: String,
        bytes: Int,
        digest: String,
        _ field: String
    ) throws(WarehouseError) {
        guard !path.isEmpty, path.utf8.count < 4096 else { throw Self.wrong("\(field).path", "is empty or too long") }
        _ = try PlainPath.components(of: path)
        guard bytes >= 0 else { throw Self.wrong("\(field).bytes", "is negative") }
        guard digest.hasPrefix("sha256:"), Self.isHexadecimal(String(digest.dropFirst(7))) else {
            throw Self.wrong("\(field).digest", "is not \"sha256:\" and 64 hexadecimal digits")
        }
    }

    private static func checkText(_ text: String?, _ field: String, limit: Int) throws(WarehouseError) {
        guard let text else { return }
        guard text.utf8.count <= limit else { throw Self.wrong(field, "is longer than \(limit) bytes") }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
            throw Self.wrong(field, "has control characters")
        }
    }

    private static func isHexadecimal(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func wrong(_ field: String, _ reason: String) -> WarehouseError {
        WarehouseError(.damaged, "the manifest's field \(field) \(reason)")
    }
}
