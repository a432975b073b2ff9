/// A machine's memory and the state of its devices as files, from which any number of machines start.
struct MemoryTemplate: Sendable, Hashable {
    /// The memory, byte for byte as the guest saw it.
    var memory: SavedFile
    /// What QEMU knew of the processor and the devices.
    var devices: SavedFile
    /// The versioned machine type, `pc-i440fx-7.2` say: the state fits no other.
    var machineType: String

    /// A file, and what must be in it.
    struct SavedFile: Sendable, Hashable {
        /// Absolute path.
        var path: String
        /// `sha256:` and the digest of its bytes in hexadecimal.
        var digest: String
    }
}

extension MemoryTemplate {
    /// From a saved state.
    ///
    /// - Throws: `.refused` for one of another kind, or without its digests or machine type.
    init(_ state: SavedState) throws(HypervisorError) {
        guard state.kind == .template, let memory = state.memoryPath, let memoryDigest = state.memoryDigest,
            let stateDigest = state.stateDigest, let machineType = state.machineType
        else {
            throw HypervisorError(.refused, "\(state.statePath) is no template whose files and machine type are known")
        }
        self.init(
            memory: SavedFile(path: memory, digest: memoryDigest),
            devices: SavedFile(path: state.statePath, digest: stateDigest),
            machineType: machineType
        )
    }
}
