extension SettingsSheet {
    /// The settings of a plant.
    public static let plant = SettingsSheet(
        title: """
            Configuration of a VMShop plant. Written by `vmplant-server configure`.
            A flag (--set key=value) or an environment variable (VMPLANT_HTTP_PORT) counts more than this file.
            """,
        entries: [
            SettingEntry("name", "The plant's name, unique in its shops' lists.", value: "plant", asked: true),
            SettingEntry(
                "http.host",
                "Address to listen on: the one that the shop reaches.",
                value: "127.0.0.1",
                asked: true
            ),
            SettingEntry("http.port", "Port to listen on.", value: "8101", kind: .number, asked: true),
            SettingEntry(
                "state.directory",
                "Database, disks of machines, script shares.",
                value: "/var/lib/vmplant",
                asked: true
            ),
            SettingEntry(
                "attributes",
                "What requests may require of this host, beside what every plant says of itself: Rack=b12,Ssd=true.",
                kind: .list
            ),
            SettingEntry(
                "shops.addresses",
                "URLs of shops that the plant joins by itself, http://HOST:PORT; those whose settings name it need none.",
                kind: .list
            ),
            SettingEntry("shops.key", "File of the key that the plant shares with these shops."),
            SettingEntry("shops.advertise", "URL by which they reach the plant; else the address that it listens on."),
            SettingEntry(
                "hypervisor.uri",
                "The hypervisor: qemu:///system; test:///default for trials.",
                value: "qemu:///system",
                asked: true
            ),
            SettingEntry(
                "hypervisor.accelerate",
                "auto: KVM where it is proven to work, else emulation; kvm; tcg.",
                value: "auto"
            ),
            SettingEntry(
                "hypervisor.user",
                "User that QEMU runs as for machines from memory templates; it must be able to read the images.",
                value: "libvirt-qemu"
            ),
            SettingEntry(
                "warehouse.directory",
                "Directory of the images, with index.txt if there is one.",
                value: "/var/lib/vmshop/warehouse",
                asked: true
            ),
            SettingEntry(
                "warehouse.roots",
                "Further directories in which files named by index.txt may lie.",
                kind: .list
            ),
            SettingEntry(
                "warehouse.clone",
                "How disks are made of images. auto: sharing blocks where the file system can (xfs, btrfs), else standing on\nthe image; overlay; reflink; copy.",
                value: "auto"
            ),
            SettingEntry(
                "warehouse.keep",
                "GiB for images that the plant decides to keep by itself; 0 for none. See docs/images.md first.",
                value: "0",
                kind: .number
            ),
            SettingEntry(
                "warehouse.sources",
                "Where images are fetched from that are not here: URLs of plants, or of the shop for all its plants.",
                kind: .list
            ),
            SettingEntry(
                "network.pool",
                "Block from which each client domain gets its host-only subnet.\nGuests use it only between themselves and this host.",
                value: "10.90.0.0/16",
                asked: true
            ),
            SettingEntry(
                "network.subnetLength",
                "Bits of the prefix of a client domain's subnet, 20 to 29: 24 holds 253 of its machines, 20 holds 4093.",
                value: "24",
                kind: .number
            ),
            SettingEntry("network.bridgePrefix", "Start of the names of bridges.", value: "vmsbr"),
            SettingEntry(
                "network.filter",
                "Whether nftables keeps each guest to its own address.",
                value: "true",
                kind: .flag
            ),
            SettingEntry("network.addressFile", "An ip.txt of eight fields a line to take the addresses from."),
            SettingEntry(
                "network.quarantine",
                "Seconds a released address rests before it is used again.",
                value: "60",
                kind: .number
            ),
            SettingEntry(
                "nfs.server",
                "The file server: ganesha, kernel, or none where guests get their shares otherwise.",
                value: "ganesha",
                asked: true
            ),
            SettingEntry(
                "nfs.bus",
                "The D-Bus on which Ganesha listens.",
                value: "unix:path=/run/dbus/system_bus_socket"
            ),
            SettingEntry(
                "nfs.exportDirectory",
                "Directory of Ganesha's export files; exports/ in the state directory if not set."
            ),
            SettingEntry("limits.machines", "Most machines at a time.", value: "200", kind: .number),
            SettingEntry(
                "limits.memory",
                "MiB of memory that machines may have together; the host's if not set, less pool.memory.",
                kind: .number
            ),
            SettingEntry(
                "limits.cpus",
                "Processors that machines may have together; sixteen for each of the host's if not set.",
                kind: .number
            ),
            SettingEntry(
                "limits.disk",
                "GiB that the disks of machines may come to fill together; no limit if not set.",
                kind: .number
            ),
            SettingEntry(
                "limits.diskReserve",
                "GiB of the file system of the machines that stay free: with less the plant takes no new ones.",
                value: "1",
                kind: .number
            ),
            SettingEntry("limits.transfers", "Images fetched at a time.", value: "4", kind: .number),
            SettingEntry(
                "limits.downloads",
                "Downloads served at a time to plants that fetch images from here.",
                value: "8",
                kind: .number
            ),
            SettingEntry(
                "limits.starts",
                "Guests that start at a time; as many as the host has processors if not set.",
                kind: .number
            ),
            SettingEntry(
                "defaults.memory",
                "Memory in MiB of a machine that asks for none.",
                value: "256",
                kind: .number
            ),
            SettingEntry(
                "pool.memory",
                "MiB of memory for spares: machines that woke up already and wait for a request, of images with memory\ntemplates that were asked for lately; 0 for none.",
                value: "0",
                kind: .number
            ),
            SettingEntry(
                "leases.idle",
                "Percent of a processor up to which nothing is done in a machine, for leases with an idle limit.",
                value: "10",
                kind: .number
            ),
            SettingEntry("timeouts.boot", "Seconds a guest may take until it reports.", value: "90", kind: .number),
            SettingEntry("timeouts.bid", "Seconds a bid is valid.", value: "15", kind: .number),
            SettingEntry(
                "timeouts.reservation",
                "Seconds a place is kept that was reserved.",
                value: "60",
                kind: .number
            ),
            SettingEntry(
                "cost.policy",
                "How plans are priced where nobody asks for another policy: `vmshop estimate --help` has them all.",
                value: "vmplants-2004"
            ),
            SettingEntry(
                "cost.price",
                "What an hour of a machine costs here, for policies that count it.",
                value: "0",
                kind: .number
            ),
        ]
    )

    /// The settings of a shop.
    public static let shop = SettingsSheet(
        title: """
            Configuration of a VMShop shop. Written by `vmshop-server configure`.
            A flag (--set key=value) or an environment variable (VMSHOP_HTTP_PORT) counts more than this file.
            """,
        entries: [
            SettingEntry("name", "The shop's name.", value: "shop", asked: true),
            SettingEntry("http.host", "Address to listen on.", value: "127.0.0.1", asked: true),
            SettingEntry("http.port", "Port to listen on.", value: "8100", kind: .number, asked: true),
            SettingEntry("state.directory", "Database of the shop.", value: "/var/lib/vmshop", asked: true),
            SettingEntry(
                "plants.file",
                "File of plants, one `address port` a line, or the directory with\nvmplant_addreses.txt or vmplant_addresses.txt.",
                asked: true
            ),
            SettingEntry(
                "plants.addresses",
                "Plants as address:port, beside those of the file.",
                kind: .list,
                asked: true
            ),
            SettingEntry(
                "plants.joinKey",
                "File of the key that plants must know which join by themselves (`openssl rand -hex 32`); without it none can."
            ),
            SettingEntry("timeouts.estimate", "Seconds a plant may take to bid.", value: "5", kind: .number),
            SettingEntry(
                "timeouts.accept",
                "Seconds a plant may take to accept a creation.",
                value: "5",
                kind: .number
            ),
            SettingEntry(
                "timeouts.silence",
                "Seconds a plant may be out of reach while it makes a machine.",
                value: "120",
                kind: .number
            ),
            SettingEntry(
                "limits.placements",
                "Machines that are being placed at a time; over it clients are told to try again.",
                value: "4096",
                kind: .number
            ),
            SettingEntry(
                "bids.mode",
                "auto: up to 16 plants are asked about each request, of more what they tell of themselves is evaluated; live: all\nare asked; told.",
                value: "auto"
            ),
            SettingEntry(
                "bids.seed",
                "What decides between plants that cost the same where they are not asked; drawn at each start if not set.",
                kind: .number
            ),
            SettingEntry(
                "cost.policy",
                "How plants are asked to price; `vmshop estimate --help` has the policies.",
                value: "vmplants-2004"
            ),
            SettingEntry(
                "cost.choices",
                "The policies that clients may ask for instead; any if none is named.",
                kind: .list
            ),
        ]
    )
}
