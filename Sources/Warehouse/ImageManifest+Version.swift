import DAGModel

extension ImageManifest {
    /// What tells one version of an image from another: "sha256:" and 64 hexadecimal digits.
    ///
    /// It is over all that a machine made of the image would notice: the digests of the files and of the disks beneath,
    /// what is started and how, the hardware, the guest's kind, and the keys of the history with what was published. Name,
    /// places, times and words are not in it, so a version that travelled is the same.
    public var contentDigest: String {
        var digest = ContentDigest()
        for line in self.contentLines { digest.update(Array((line + "\n").utf8)[...]) }
        return digest.finish()
    }

    /// The version of the image that this manifest is of.
    public var reference: ImageReference { ImageReference(name: self.name, digest: self.contentDigest) }

    private var contentLines: [String] {
        var lines = ["disk \(self.disk.format.rawValue) \(self.disk.virtualSize) \(self.disk.digest)"]
        lines += self.disk.layers.map { "layer \($0.format.rawValue) \($0.virtualSize) \($0.digest)" }
        if let boot = self.boot {
            lines.append("kernel \(boot.kernel.digest)")
            if let initrd = boot.initrd { lines.append("initrd \(initrd.digest)") }
            lines.append("command line \(boot.commandLine)")
        }
        if let memory = self.memory {
            lines.append("memory \(memory.kind.rawValue) \(memory.memory.bytes) \(memory.cpus) \(memory.state.digest)")
            lines.append("ram \(memory.ram?.digest ?? "")")
            let host = [memory.host.machine, memory.host.processor, memory.host.accelerator, memory.host.hypervisor]
            lines.append("host \(host.debugDescription)")
        }
        lines.append("hardware \(self.hardware.architecture) \(self.hardware.minimumMemory?.bytes ?? 0)")
        lines.append("guest \(self.guest.rawValue)")
        lines.append("system \(self.operatingSystem ?? "")")
        for step in self.history {
            lines.append("step \(step.key.hex)")
            // Quoted: no value can look like a line of its own.
            lines += step.outputs.sorted { $0.key < $1.key }
                .map { "output \($0.key.debugDescription) \($0.value.debugDescription)" }
        }
        return lines
    }
}
