import Hypervisor
import NetStore
import ShopAPI
import Warehouse

extension DomainSpec {
    /// The domain of a machine: the clone as `vda`, the seed disk where the image wants one, one interface on the
    /// host-only network through the tap and MAC that the guest filter admits.
    ///
    /// - Parameters:
    ///   - order: What is made.
    ///   - lease: The machine's row in the address book.
    ///   - share: Where the guest mounts its script share from, `server:/path`; the kernel's command line tells it.
    ///   - settings: The plant's.
    init(_ order: MachineOrder, lease: GuestLease, share: String, settings: PlantSettings) {
        let files = MachineFiles(order.id, stateDirectory: settings.stateDirectory)
        let hardware = order.plan.hardware
        self.init(
            name: order.id.resourceName,
            machineID: order.id.text,
            memory: hardware.memory,
            cpus: hardware.cpus,
            consoleLog: files.console
        )
        architecture = hardware.architecture
        accelerate = settings.acceleration
        disks = [DiskSpec(path: files.disk, format: .qcow2, target: "vda")]
        if order.plan.image.manifest.guest == .cloudInit {
            disks.append(DiskSpec(path: files.seed, format: .raw, target: "sda", readOnly: true, cdrom: true))
        }
        wakes = SavedState(order.plan.image)
        interface = InterfaceSpec(
            network: lease.network,
            mac: lease.mac,
            tapName: lease.tap,
            bridge: lease.bridge
        )
        if let kernel = order.plan.image.kernelPath {
            let line = order.plan.image.manifest.boot?.commandLine ?? ""
            boot = DirectBoot(
                kernel: kernel,
                initrd: order.plan.image.initrdPath,
                commandLine: line + " vmshop.share=" + share
            )
        }
    }
}
