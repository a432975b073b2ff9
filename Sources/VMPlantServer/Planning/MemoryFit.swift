import Hypervisor
import Warehouse

/// Whether a memory state can wake up on a host: on the one that it was saved on, or one that is the same in all that counts.
enum MemoryFit {
    /// Why an image cannot be used here, for the sake of its memory; nothing when it can, or is booted.
    static func obstacle(
        _ manifest: ImageManifest,
        on host: HypervisorCapabilities?,
        settings: PlantSettings
    ) -> String? {
        guard let memory = manifest.memory else { return nil }
        return obstacle(memory, on: host, settings: settings)
    }

    /// Why a memory state cannot be used here; nothing when it can.
    static func obstacle(
        _ memory: MemoryState,
        on host: HypervisorCapabilities?,
        settings: PlantSettings
    ) -> String? {
        guard let host = host?.running(settings.acceleration) else {
            return "the hypervisor cannot be asked whether the saved memory fits"
        }
        guard let kind = SavedState.Kind(rawValue: memory.kind.rawValue), host.wakes.contains(kind) else {
            return "this plant wakes no machines of the kind `\(memory.kind.rawValue)`"
        }
        guard settings.fileServer != "kernel" else {
            return "a guest that wakes up finds its share by its address, which the kernel's file server does not offer"
        }
        if kind == .template, !memory.host.machine.contains("q35") {
            return "it was saved by an earlier VMShop, as a \(memory.host.machine): `vmshop image warm` makes it anew"
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

    /// What it is for guests that run so: emulated ones see nothing of the host's processor, though it could run them.
    func running(_ acceleration: DomainSpec.Acceleration) -> HypervisorCapabilities {
        guard acceleration == .tcg else { return self }
        var host = self
        (host.kvmUsable, host.processor) = (false, Self.emulatedProcessor)
        return host
    }
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
