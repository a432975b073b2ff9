import DAGModel
import FoundationEssentials
import Hypervisor
import Logging
import MachineBook
import NetStore
import ShopAPI
import Warehouse

/// Makes a warm image: starts a private machine without a network card, waits until its guest says that it waits for one,
/// saves it, and publishes disk and memory as an image of their own.
struct WarmMaker: Sendable {
    let parts: PlantParts
    let order: WarmOrder
    let machine: MachineID
    /// Told what is being done.
    let note: @Sendable (String) async -> Void

    /// What the guest's runner prints on its console.
    static let sign = "vmshop-guest: waiting for a network card"
    /// Time for what the guest does in the background to come to rest.
    private static let rest = Duration.seconds(3)
    private static let look = Duration.milliseconds(100)

    private var settings: PlantSettings { parts.settings }
    private var warehouse: Warehouse { parts.host.disks.warehouse }
    private var hypervisor: any Hypervisor { parts.host.hypervisor }
    private var files: MachineFiles { MachineFiles(machine, stateDirectory: settings.stateDirectory) }

    /// Makes it. Whatever comes of it, nothing of the private machine is left.
    ///
    /// - Returns: The new image.
    /// - Throws: What failed.
    func run() async throws -> ImageManifest {
        do {
            let manifest = try await make()
            try await cleanUp()
            return manifest
        } catch {
            do { try await cleanUp() } catch {
                // The reconciler removes it as an orphan.
                parts.logger.warning(
                    "private machine not removed yet",
                    metadata: ["machine": "\(machine)", "error": "\(error)"]
                )
            }
            throw error
        }
    }

    private func make() async throws -> ImageManifest {
        let image = try await warehouse.image(named: order.image)
        guard image.manifest.memory == nil else {
            throw ServiceError(
                .callInvalid,
                "\(order.image) is a warm image already",
                hint: "name the image that it was made from"
            )
        }
        let host = try await hypervisor.capabilities().running(settings.acceleration)
        let spec = try spec(of: image, kind: kind(host))
        try await prepareDisks(image)
        await note("starting \(order.image)")
        FaultPoint.pass("warm-cloned")
        try await hypervisor.define(spec)
        FaultPoint.pass("warm-defined")
        try await hypervisor.start(spec.name)
        FaultPoint.pass("warm-started")
        await note("waiting until its guest waits for a network card")
        try await waitForGuest()
        await note("saving it")
        let state = try await hypervisor.save(spec)
        FaultPoint.pass("warm-saved")
        await note("publishing \(order.name)")
        // A plant knows its own machines only: what is replaced stays until `image gc` has asked everybody.
        let draft = draft(image, spec, state, host)
        let manifest = try await warehouse.publish(draft, replace: order.replace, keepReplaced: true)
        FaultPoint.pass("warm-published")
        return manifest
    }

    private func kind(_ host: HypervisorCapabilities) throws -> SavedState.Kind {
        let wanted = order.kind.flatMap { SavedState.Kind(rawValue: $0.rawValue) }
        let best: SavedState.Kind? = host.wakes.contains(.template) ? .template : host.wakes.first
        guard let kind = wanted ?? best, host.wakes.contains(kind) else {
            let known = host.wakes.map(\.rawValue).sorted().joined(separator: ", ")
            throw ServiceError(
                .refused,
                "plant \(settings.name) wakes no machines" + (order.kind.map { " of the kind `\($0.rawValue)`" } ?? ""),
                hint: known.isEmpty ? "its hypervisor is no QEMU" : "it knows: \(known)"
            )
        }
        return kind
    }

    private func spec(of image: WarehouseImage, kind: SavedState.Kind) throws -> DomainSpec {
        let least = image.manifest.hardware.minimumMemory?.bytes ?? 0
        var spec = DomainSpec(
            name: machine.resourceName,
            machineID: machine.text,
            memory: order.memory ?? max(settings.defaultMemory, least),
            cpus: order.cpus ?? 1,
            consoleLog: files.console
        )
        guard spec.memory >= least else {
            throw ServiceError(.callInvalid, "\(order.image) needs \(ByteCount(bytes: least)) of memory")
        }
        spec.architecture = image.manifest.hardware.architecture
        spec.accelerate = settings.acceleration
        spec.disks = [DiskSpec(path: files.disk, format: .qcow2, target: "vda")]
        if image.manifest.guest == .cloudInit {
            spec.disks.append(DiskSpec(path: files.seed, format: .raw, target: "sda", readOnly: true, cdrom: true))
        }
        if let kernel = image.kernelPath {
            let line = (image.manifest.boot?.commandLine ?? "") + Self.networkIsNotAwaited(image.manifest.guest)
            spec.boot = DirectBoot(kernel: kernel, initrd: image.initrdPath, commandLine: line)
        }
        let memory = kind == .template ? files.directory + "/saved.memory" : nil
        spec.saves = SavedState(kind: kind, statePath: files.directory + "/saved.state", memoryPath: memory)
        return spec
    }

    /// A distribution's start waits two minutes for a network; here there is to be none. (systemd.mask= of systemd(1) holds for
    /// this start alone.)
    private static func networkIsNotAwaited(_ guest: GuestKind) -> String {
        guard guest == .cloudInit else { return "" }
        return ["systemd-networkd", "NetworkManager"].map { " systemd.mask=\($0)-wait-online.service" }.joined()
    }

    private func prepareDisks(_ image: WarehouseImage) async throws {
        try await parts.host.disks.makeDirectory(of: machine)
        try await parts.host.disks.hold(image, for: machine)
        try await warehouse.clone(image, to: files.disk, virtualSize: image.manifest.disk.virtualSize)
        guard image.manifest.guest == .cloudInit else { return }
        try await SeedDisk(files: CloudInitSeed(savedMachine: machine).files).write(to: files.seed)
    }

    private func waitForGuest() async throws {
        let end = ContinuousClock.now + .seconds(settings.bootTimeout)
        while await !parts.host.disks.console(of: machine, contains: Self.sign) {
            let state = try await hypervisor.state(machine.resourceName)
            guard state == .running, .now < end else {
                let console = await parts.host.disks.consoleTail(of: machine)
                throw ServiceError(
                    .guestSilent,
                    state == .running
                        ? "the guest of \(order.image) did not say within \(settings.bootTimeout.formatted) s that it waits for a network card"
                        : "the private machine of \(order.image) is \(state.rawValue)",
                    hint: "its runner must be of this version, and timeouts.boot long enough"
                        + (console.isEmpty ? "" : "; its console ends with:\n" + console)
                )
            }
            try await Task.sleep(for: Self.look)
        }
        try await Task.sleep(for: Self.rest)
    }

    private func draft(
        _ image: WarehouseImage,
        _ spec: DomainSpec,
        _ state: SavedState,
        _ host: HypervisorCapabilities
    ) -> ImageDraft {
        let old = image.manifest
        var draft = ImageDraft(
            name: order.name,
            disk: files.disk,
            format: .qcow2,
            boot: image.kernelPath.map {
                ImageDraft.Boot(kernel: $0, initrd: image.initrdPath, commandLine: old.boot?.commandLine ?? "")
            },
            hardware: old.hardware,
            operatingSystem: old.operatingSystem,
            guest: old.guest,
            history: old.history,
            description: "\(old.name), saved while it ran"
        )
        (draft.base, draft.parent, draft.origin) = (image, old.reference, .warm)
        draft.memory = ImageDraft.Memory(
            kind: MemoryState.Kind(rawValue: state.kind.rawValue) ?? .restore,
            memory: ByteCount(bytes: spec.memory),
            cpus: spec.cpus,
            host: MemoryState.Host(
                machine: state.machineType ?? "",
                processor: host.processor,
                accelerator: host.accelerator,
                hypervisor: host.version
            ),
            state: state.statePath,
            ram: state.memoryPath
        )
        return draft
    }

    private func cleanUp() async throws {
        try await hypervisor.destroy(machine.resourceName)
        try await hypervisor.undefine(machine.resourceName)
        try await parts.host.disks.removeAll(of: machine)
    }
}
