public import DAGModel

extension ResourceClaim {
    /// What a machine of an image takes.
    ///
    /// - Parameters:
    ///   - request: What is asked for.
    ///   - needs: What the image asks of the machine that runs it.
    ///   - defaultMemory: Bytes of memory of a machine of which nothing is said.
    public init(of request: Request, with needs: HardwareNeeds, defaultMemory: Int) {
        let wanted = request.start.hardware
        let memory =
            wanted.memory?.bytes ?? needs.saved?.memory.bytes ?? max(defaultMemory, needs.minimumMemory?.bytes ?? 0)
        let disk = Self.sectors(max(wanted.disk?.bytes ?? 0, needs.disk.bytes)) + request.graph.dataDiskBytes
        self.init(
            memory: min(memory, Self.most),
            cpus: min(wanted.cpus ?? needs.saved?.cpus ?? 1, 1 << 20),
            disk: min(disk, Self.most)
        )
    }

    /// More than this, 64 TiB, no machine has; whoever asks for it is refused all the same. So many claims can be added up.
    private static let most = 1 << 46

    /// Disks are made of whole sectors of 512 bytes. What nobody has is still no more than can be added to.
    private static func sectors(_ bytes: Int) -> Int { (min(bytes, 1 << 60) + 511) / 512 * 512 }
}

extension Graph {
    /// What the disks that its actions attach may come to fill, as far as the request itself says how large they are.
    public var dataDiskBytes: Int {
        actions.filter { $0.operation == .named("attach-disk") }.flatMap(\.parameters).reduce(0) { sum, parameter in
            guard parameter.name == "SIZE", case .literal(let text) = parameter.value else { return sum }
            return min(sum + min(ByteCount(text)?.bytes ?? 0, DataDisk.largest.bytes), 1 << 60)
        }
    }
}
