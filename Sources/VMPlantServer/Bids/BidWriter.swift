import CostModel
import DAGModel
import Hypervisor
import ShopAPI
import Warehouse

/// Writes what the plant tells shops of itself: its bid function, its images, what it has learned. What changes seldom is
/// made anew only where it did.
actor BidWriter {
    /// What the list of images was made of.
    private struct Basis: Hashable {
        var changes: Int
        var elsewhere: [ImageReference]
        var transfers: [ImageReference: TransferWork]
        var host: HypervisorCapabilities?
    }

    /// What is told is believed for some seconds; a ticket must be good as long.
    private static let leastTicket = 10.0

    private var images: (basis: Basis, list: BidImages?)?
    private var durations: (changes: Int, told: BidDurations)?

    /// What is to be told at this moment: all of it.
    ///
    /// - Throws: What keeps the plant's books from being read.
    func notice(of plant: Plant) async throws -> BidNotice {
        let planner = plant.planner
        let host = try? await planner.hypervisor.capabilities()
        // Before the book is read: what is listed is counted.
        let newest = await plant.bids.machines(ofLast: BidFunction.newestWindow).prefix(BidFunction.mostNewest)
        let outline = try await planner.claims.outline()
        var function = BidFunction(plant: plant.settings.name, capacity: PlantCapacity(plant.settings, on: host))
        function.take(outline)
        function.take(host, capacity: function.capacity)
        function.attributes = PlantAttributes.all(plant.settings, on: host)
        function.ticket = await plant.bids.ticket(lifetime: .seconds(max(plant.settings.bidLifetime, Self.leastTicket)))
        function.newest = newest.map(\.text)
        function.price = plant.settings.price
        function.secondsSinceLast = await plant.bids.sinceLastMachine?.seconds
        function.refusalsOfDomain = await plant.readiness.broken
        function.listeners = await plant.listeners.count
        function.refusals += await plant.problems + [planner.space.lack()].compactMap(\.self)
        let images = await images(planner, host, &function.refusals)
        function.tellsImages = images != nil
        return BidNotice(function: function, images: images, durations: try await durations(planner.durations))
    }

    private func durations(_ book: DurationBook) async throws -> BidDurations {
        let changes = book.changes
        if let durations, durations.changes == changes { return durations.told }
        let told = try await book.told()
        durations = (changes, told)
        return told
    }

    private func images(
        _ planner: Planner,
        _ host: HypervisorCapabilities?,
        _ problems: inout [String]
    ) async -> BidImages? {
        do {
            let elsewhere = await planner.images.elsewhere()
            let basis = Basis(
                changes: try await planner.warehouse.changeCount(),
                elsewhere: elsewhere.order,
                transfers: elsewhere.transfers,
                host: host
            )
            if let images, images.basis == basis { return images.list }
            let list = try await list(planner, host, elsewhere)
            images = (basis, list)
            return list
        } catch {
            problems.append("its warehouse cannot be read: \(error.message)")
            return nil
        }
    }

    private func list(
        _ planner: Planner,
        _ host: HypervisorCapabilities?,
        _ elsewhere: RemoteImages
    ) async throws(WarehouseError) -> BidImages? {
        let settings = planner.settings
        let here = try await planner.warehouse.outlines(atMost: BidImages.mostImages) {
            MemoryFit.obstacle($0, on: host, settings: settings)
        }
        guard let here, here.count + elsewhere.order.count <= BidImages.mostImages else { return nil }
        return BidImages(
            // Where one of these cannot be, an overlay takes its place, which is as fast as a reflink.
            clone: CloneMethod(rawValue: settings.clone) ?? .overlay,
            defaultMemory: settings.defaultMemory,
            images: here.map { BidImage($0) } + elsewhere.bidImages(on: host, settings)
        )
    }
}

extension BidFunction {
    fileprivate mutating func take(_ outline: ClaimOutline) {
        promised = outline.promised
        networks = outline.networks
        freeForNewDomain = outline.freeForNewDomain
        machinesOfDomain = outline.machinesOfDomain
        machinesOfImage = outline.machinesOfImage
        refusals += [outline.cordon?.sentence].compactMap(\.self)
    }

    /// What no machine may exceed. libvirt's test driver has no host.
    fileprivate mutating func take(_ host: HypervisorCapabilities?, capacity: PlantCapacity) {
        guard let host else { return refusals.append("the hypervisor cannot be used") }
        let memory = capacity.memory == nil ? host.hostMemory : .max >> 3
        largest = ResourceClaim(memory: memory, cpus: host.hostCPUs, disk: 0)
        if host.type != "test" { architecture = host.architecture }
    }
}

extension BidImage {
    init(_ outline: ImageOutline, transfer: TransferWork? = nil) {
        self.init(
            name: outline.summary.name,
            answersTo: outline.answersTo,
            root: outline.summary.root,
            needs: outline.summary.needs,
            bytes: outline.summary.diskBytes,
            history: outline.history,
            transfer: transfer
        )
    }
}

extension RemoteImages {
    /// What other plants have, as far as this host can use it.
    fileprivate func bidImages(on host: HypervisorCapabilities?, _ settings: PlantSettings) -> [BidImage] {
        let manifests = order.compactMap { images[$0]?.image.manifest }
        let current = Dictionary(manifests.map { ($0.name, $0) }) { first, _ in first }
        return manifests.filter { MemoryFit.obstacle($0, on: host, settings: settings) == nil }.map { manifest in
            BidImage(ImageOutline(manifest, among: current), transfer: transfers[manifest.reference])
        }
    }
}
