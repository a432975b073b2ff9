import ShopAPI

/// Where a machine's files are: one directory below the plant's, named after the machine's id.
struct MachineFiles: Sendable, Hashable {
    let directory: String

    init(_ id: MachineID, stateDirectory: String) {
        directory = MachineFiles.root(stateDirectory) + "/" + id.resourceName
    }

    /// Whether a name is the resource name of a machine; nothing else below the plant's directories is ours to remove.
    static func isMachine(_ name: String) -> Bool {
        name.count == 30 && MachineID(String(name.suffix(26)))?.resourceName == name
    }

    static func root(_ stateDirectory: String) -> String { stateDirectory + "/machines" }

    var disk: String { directory + "/disk.qcow2" }
    /// A copy of the disk, while an image is made of it.
    var snapshot: String { directory + "/snapshot.qcow2" }
    /// The same while it is made whole.
    var wholeSnapshot: String { snapshot + ".whole" }
    var seed: String { directory + "/seed.iso" }
    var console: String { directory + "/console.log" }
    func dataDisk(_ serial: String) -> String { directory + "/data-" + serial + ".qcow2" }
}
