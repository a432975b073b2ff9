public import ClassAds
public import CostModel
import FoundationEssentials
import Hypervisor
import NetStore
public import ServerSettings
import ShopAPI

/// How a plant is set up. Every value comes from flags, else the environment (`VMPLANT_…`), else the YAML file, else the
/// default named here.
public struct PlantSettings: Sendable, Hashable {
    /// The plant's name, unique in its shops' lists. Key `name`; default: `plant`.
    public var name: String
    /// What requests may require of the plant, beside what every plant says of itself. Key `attributes`, items such as
    /// `Rack=b12`; default: none.
    public var attributes: Attributes
    /// URLs of the shops that the plant joins. Key `shops.addresses`; default: none, the shops' own lists name the plant.
    public var shops: [String]
    /// File of the key that it shares with them. Key `shops.key`; must be set where there are such shops.
    public var shopKeyFile: String?
    /// The URL by which they reach the plant. Key `shops.advertise`; default: the address and port that it listens on.
    public var advertisedURL: String?
    /// Address to listen on. Key `http.host`; default 127.0.0.1.
    public var host: String
    /// Port to listen on. Key `http.port`; default 8101.
    public var port: Int
    /// Directory of the database, the machines' disks and their shares. Key `state.directory`.
    public var stateDirectory: String
    /// libvirt's URI. Key `hypervisor.uri`; default `qemu:///system`.
    public var hypervisorURI: String
    /// Whether guests use KVM: `auto` (where proven usable), `kvm`, `tcg`. Key `hypervisor.accelerate`.
    public var accelerate: String
    /// The user that QEMU runs as where the plant runs it without libvirt, for machines from memory templates; it must be
    /// able to read the images. Key `hypervisor.user`; default `libvirt-qemu`.
    public var qemuUser: String
    /// Directory of the images. Key `warehouse.directory`.
    public var warehouse: String
    /// Directories below which image files named by `index.txt` may lie. Key `warehouse.roots`; default: the warehouse.
    public var warehouseRoots: [String]
    /// How disks are made of images: `auto` (as the file system allows), `overlay`, `reflink` or `copy`. Key
    /// `warehouse.clone`; default `auto`.
    public var clone: String
    /// Bytes that images may take which the plant decides to keep by itself. Key `warehouse.keep`, in GiB; default 0: none
    /// are kept, since whoever sends the same actions gets a copy of the disk that another client's machine had.
    public var keep: Int
    /// URLs of plants, or of a shop for its plants, that images are fetched from. Key `warehouse.sources`; default: none.
    public var imageSources: [String]
    /// Block from which client domains get their subnets. Key `network.pool`; default 10.90.0.0/16.
    public var networkPool: String
    /// Length in bits of the prefix of a client domain's subnet, which has room for 2^(32 − length) − 3 machines. Key
    /// `network.subnetLength`; default 24, so 253 machines.
    public var subnetLength: Int
    /// Start of the names of bridges. Key `network.bridgePrefix`; default `vmsbr`.
    public var bridgePrefix: String
    /// Whether the guest filter (nftables) is installed. Key `network.filter`; default true.
    public var filter: Bool
    /// An `ip.txt` to take the addresses from. Key `network.addressFile`; none by default.
    public var addressFile: String?
    /// Seconds a released address rests. Key `network.quarantine`; default 60.
    public var quarantine: Double
    /// The file server: `ganesha`, `kernel`, or `none` where guests get their shares otherwise. Key `nfs.server`; default `ganesha`.
    public var fileServer: String
    /// The D-Bus that Ganesha is on. Key `nfs.bus`; default the system bus.
    public var bus: String
    /// Directory of Ganesha's export files. Key `nfs.exportDirectory`; default `exports` in the state directory.
    public var exportDirectory: String
    /// Most machines at a time. Key `limits.machines`; default 200.
    public var maximumMachines: Int
    /// Bytes of memory that machines may have together. Key `limits.memory`, in MiB; the host's if not set, less what spares may
    /// have.
    public var maximumMemory: Int?
    /// Processors that machines may have together. Key `limits.cpus`; sixteen for each of the host's if not set.
    public var maximumCPUs: Int?
    /// Bytes that the disks of machines may come to fill together. Key `limits.disk`, in GiB; no limit if not set.
    public var maximumDisk: Int?
    /// Bytes of the file system of the machines that new ones leave free. Key `limits.diskReserve`, in GiB; default 1.
    public var diskReserve: Int
    /// Images fetched at a time. Key `limits.transfers`; default 4.
    public var maximumTransfers: Int
    /// Downloads served at a time to other plants. Key `limits.downloads`; default 8.
    public var maximumDownloads: Int
    /// Guests that start at a time; the others wait for their turn. Key `limits.starts`; default: as many as the host has
    /// processors.
    public var maximumStarts: Int
    /// Memory of a machine that asks for none, in MiB. Key `defaults.memory`; default 256.
    public var defaultMemory: Int
    /// Bytes of memory that spares may have together: machines of the images that are wanted most, which woke up already and
    /// wait for a request. Key `pool.memory`, in MiB; default 0: there are none.
    public var poolMemory: Int
    /// Share of a processor up to which nothing is done in a machine, for idle limits. Key `leases.idle`, in percent; default 10,
    /// which an emulated guest at rest stays below.
    public var idleShare: Double
    /// Seconds a guest may take from its start to its first heartbeat. Key `timeouts.boot`; default 90.
    public var bootTimeout: Double
    /// Seconds a bid is valid. Key `timeouts.bid`; default 15.
    public var bidLifetime: Double
    /// Seconds a place is kept that was reserved. Key `timeouts.reservation`; default 60.
    public var reservationLifetime: Double
    /// What the plant's owner asks for an hour of a machine, for policies that count it. Key `cost.price`; default 0.
    public var price: Double
    /// The policy a plant prices by when it is not told. Key `cost.policy`; default `vmplants-2004`.
    public var policy: CostPolicy

    /// Reads the settings.
    ///
    /// - Throws: ``SettingsError`` for a value that cannot be used.
    public init(_ reader: SettingsReader) throws(SettingsError) {
        name = try reader.name("name", default: "plant")
        attributes = try PlantAttributes.read(reader.texts("attributes"))
        shops = try reader.texts("shops.addresses").map { text throws(SettingsError) in
            try Self.address(text, "shops.addresses")
        }
        shopKeyFile = try reader.text("shops.key")
        advertisedURL = try reader.text("shops.advertise").map { text throws(SettingsError) in
            try Self.address(text, "shops.advertise")
        }
        host = try reader.text("http.host", default: "127.0.0.1")
        port = try reader.number("http.port", default: 8101, in: 0...65_535)
        stateDirectory = try reader.path("state.directory", default: "/var/lib/vmplant")
        hypervisorURI = try reader.text("hypervisor.uri", default: "qemu:///system")
        accelerate = try reader.choice("hypervisor.accelerate", of: ["auto", "kvm", "tcg"], default: "auto")
        qemuUser = try reader.text("hypervisor.user", default: "libvirt-qemu")
        warehouse = try reader.path("warehouse.directory", default: "/var/lib/vmshop/warehouse")
        warehouseRoots = try reader.texts("warehouse.roots")
        clone = try reader.choice("warehouse.clone", of: ["auto", "overlay", "reflink", "copy"], default: "auto")
        keep = try reader.number("warehouse.keep", default: 0, in: 0...1 << 20) << 30
        imageSources = try reader.texts("warehouse.sources").map { text throws(SettingsError) in
            try Self.address(text, "warehouse.sources")
        }
        networkPool = try reader.text("network.pool", default: "10.90.0.0/16")
        subnetLength = try reader.number("network.subnetLength", default: 24, in: 20...29)
        bridgePrefix = try reader.text("network.bridgePrefix", default: "vmsbr")
        filter = try reader.flag("network.filter", default: true)
        addressFile = try reader.text("network.addressFile")
        quarantine = try reader.seconds("network.quarantine", default: 60, orNone: true)
        fileServer = try reader.choice("nfs.server", of: ["ganesha", "kernel", "none"], default: "ganesha")
        bus = try reader.text("nfs.bus", default: "unix:path=/run/dbus/system_bus_socket")
        exportDirectory = try reader.path("nfs.exportDirectory", default: stateDirectory + "/exports")
        maximumMachines = try reader.number("limits.machines", default: 200, in: 1...100_000)
        maximumMemory = try reader.number("limits.memory", in: 16...1 << 30).map { $0 << 20 }
        maximumCPUs = try reader.number("limits.cpus", in: 1...1_000_000)
        maximumDisk = try reader.number("limits.disk", in: 1...1 << 30).map { $0 << 30 }
        diskReserve = try reader.number("limits.diskReserve", default: 1, in: 0...1 << 30) << 30
        maximumTransfers = try reader.number("limits.transfers", default: 4, in: 1...64)
        maximumDownloads = try reader.number("limits.downloads", default: 8, in: 1...1_000)
        maximumStarts = try reader.number("limits.starts", default: Self.processors, in: 1...10_000)
        defaultMemory = try reader.number("defaults.memory", default: 256, in: 16...1 << 20) << 20
        poolMemory = try reader.number("pool.memory", default: 0, in: 0...1 << 24) << 20
        idleShare = try reader.amount("leases.idle", default: 10) / 100
        bootTimeout = try reader.seconds("timeouts.boot", default: 90)
        bidLifetime = try reader.seconds("timeouts.bid", default: 15)
        reservationLifetime = try reader.seconds("timeouts.reservation", default: 60)
        price = try reader.amount("cost.price", default: 0)
        policy = try reader.value("cost.policy", default: CostPolicy.vmplants2004, expected: CostPolicy.form)
        try checkShops()
        do throws(NetStoreError) {
            _ = try AddressPlan(self)
        } catch {
            throw SettingsError("network.pool, network.bridgePrefix, state.directory: \(error.message)")
        }
    }

    private static var processors: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

    private static func address(_ text: String, _ setting: String) throws(SettingsError) -> String {
        guard ServiceAddress.isValid(text) else {
            throw SettingsError("\(setting): `\(text.prefix(80))` is not the URL of a service, http://HOST:PORT")
        }
        return text
    }

    private func checkShops() throws(SettingsError) {
        guard !shops.isEmpty else { return }
        guard shopKeyFile != nil else {
            throw SettingsError("shops.key: name the file of the key that the plant shares with the shops it joins")
        }
        guard advertisedURL != nil || !["0.0.0.0", "::", "[::]"].contains(host) else {
            throw SettingsError("shops.advertise: say by which URL shops reach the plant, since http.host is \(host)")
        }
    }

    /// How guests are run.
    var acceleration: DomainSpec.Acceleration { DomainSpec.Acceleration(rawValue: accelerate) ?? .auto }

    /// The SQLite file.
    var databasePath: String { stateDirectory + "/plant.sqlite" }

    /// The directory that holds one script share a machine.
    var shareRoot: String { stateDirectory + "/shares" }

    /// Whether another plant may work on the same host. Not beside the guest filter, which is one table made from one
    /// book, nor Ganesha, whose exports are orphans to whoever does not know them.
    var sharesHost: Bool { !filter && fileServer != "ganesha" }
}
