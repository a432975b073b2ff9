import Hypervisor
import Warehouse

/// Whether a memory state can wake up on a host: on the one that it was saved on, or one that is the same in all that counts.
enum MemoryFit {
    /// Why an image cannot be used here, for the sake of its memory; nothing when it can, or is booted.
    static func obstacle(
        _ manifest: ImageManifest,
        on host: HypervisorCapabilities?,
        fileServer: String
    ) -> String? {
        guard let memory = manifest.memory else { return nil }
        guard let host else { return "the hypervisor cannot be asked whether the saved memory fits" }
        guard let kind = SavedState.Kind(rawValue: memory.kind.rawValue), host.wakes.contains(kind) else {
            return "this plant wakes no machines of the kind `\(memory.kind.rawValue)`"
        }
        guard fileServer != "kernel" else {
            return "a guest that wakes up finds its share by its address, which the kernel's file server does not offer"
        }
        let here = [
            ("accelerator", memory.host.accelerator, host.accelerator),
            ("hypervisor", memory.host.hypervisor, host.version),
            ("processor", memory.host.processor, host.processor),
        ]
        guard let (what, saved, found) = here.first(where: { $0.1 != $0.2 }) else { return nil }
        return "it was saved with the \(what) \(saved), and here is \(found)"
    }
}

extension HypervisorCapabilities {
    /// "kvm" or "tcg": how the guest's instructions are carried out.
    var accelerator: String { kvmUsable ? "kvm" : "tcg" }
}

extension SavedState {
    /// The saved state of an image whose machines wake up.
    init?(_ image: WarehouseImage) {
        guard let memory = image.manifest.memory, let path = image.statePath,
            let kind = Kind(rawValue: memory.kind.rawValue)
        else { return nil }
        self.init(kind: kind, statePath: path, memoryPath: image.ramPath, machineType: memory.host.machine)
        stateDigest = memory.state.digest
        memoryDigest = memory.ram?.digest
    }
}
