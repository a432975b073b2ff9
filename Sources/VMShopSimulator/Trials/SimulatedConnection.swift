import ClassAds
import CostModel
import ShopAPI
import VMShopServer

/// How a simulated shop reaches simulated plants.
struct SimulatedPlantNetwork: PlantNetwork {
    let network: SimulatedNetwork
    /// What the shop is called.
    let caller: String
    let log: TrialLog
    /// The plants by their URLs.
    let plants: [String: (station: Station, plant: SimulatedPlant)]

    func connection(_ url: String, deadline: Duration, origin: ShopEpoch, isPatient: Bool) -> any PlantConnection {
        // REASON: shops of a simulated site have lists of its plants, and none can join.
        guard let (station, plant) = plants[url] else { preconditionFailure("\(url) is no plant of this site") }
        return SimulatedConnection(
            network: network,
            log: log,
            caller: caller,
            epoch: origin,
            station: station,
            plant: plant,
            deadline: deadline
        )
    }

    func shutdown() async {}
}

/// A simulated plant as a shop sees it through the network.
struct SimulatedConnection: PlantConnection {
    let network: SimulatedNetwork
    let log: TrialLog
    let caller: String
    let epoch: ShopEpoch
    let station: Station
    let plant: SimulatedPlant
    let deadline: Duration

    private func call<Value: Sendable>(
        waiting: Duration = .zero,
        _ body: @escaping @Sendable (SimulatedPlant) async throws -> Value
    ) async throws -> Value {
        try await network.call(station, from: caller, within: deadline + waiting) { [plant, epoch] in
            try await plant.admit(epoch)
            return try await body(plant)
        }
    }

    /// Has the plant do something with a machine, which is noted when it does.
    private func told(
        _ what: String,
        _ id: MachineID,
        _ body: @escaping @Sendable (SimulatedPlant) async throws -> Machine
    ) async throws -> Machine {
        let words = "\(station.name) is told by \(caller) to \(what) \(id)"
        return try await call { [log] plant in
            do {
                let machine = try await body(plant)
                log.note("\(words): \(machine.state)")
                return machine
            } catch {
                log.note("\(words): \(error)")
                throw error
            }
        }
    }

    func status() async throws -> ServiceStatus { try await call { try await $0.status() } }

    func plants() async throws -> [PlantStatus] { try await call { try await $0.plants() } }

    func estimate(_ document: [UInt8], policy: CostPolicy?) async throws -> Estimate {
        try await call { try await $0.estimate(document, policy: policy) }
    }

    func create(_ id: MachineID, _ document: [UInt8], options: CreateOptions) async throws -> Machine {
        try await told("create", id) { try await $0.create(id, document, options: options) }
    }

    func machine(_ id: MachineID) async throws -> Machine { try await call { try await $0.machine(id) } }

    func machines(matching query: Query?, includeGone: Bool) async throws -> [Machine] {
        try await call { try await $0.machines(matching: query, includeGone: includeGone) }
    }

    func page(_ page: MachinePage) async throws -> [Machine] { try await call { try await $0.page(page) } }

    func events(of id: MachineID, after sequence: Int, wait: Duration) async throws -> EventPage {
        try await call(waiting: wait) { try await $0.events(of: id, after: sequence, wait: wait) }
    }

    func progress(of id: MachineID, after sequence: Int, wait: Duration) async throws -> EventPage {
        try await call(waiting: wait) { plant in
            var page = try await plant.events(of: id, after: sequence, wait: wait)
            page.machine = try await plant.machine(id)
            return page
        }
    }

    func collect(_ id: MachineID) async throws -> Machine {
        try await told("collect", id) { try await $0.collect(id) }
    }

    func setLease(of id: MachineID, to duration: Duration?) async throws -> Machine {
        try await told("extend", id) { try await $0.setLease(of: id, to: duration) }
    }

    func bidNotice() async throws -> BidNotice { try await call { await $0.notice } }

    func hear(_ take: @escaping @Sendable (PlantWord) async throws -> Void) async throws {
        let process = station.process
        try await call { _ in }
        let feed = SimulatedFeed(plant: plant)
        do {
            while true {
                let word = try await network.call(station, from: caller, within: deadline, isStream: true) {
                    try await feed.next()
                }
                guard station.process === process else {
                    throw ServiceError(.unreachable, "\(station.name) stopped telling")
                }
                try await take(word)
            }
        } catch {
            await feed.close()
            throw error
        }
    }
}

extension SimulatedConnection {
    func explain(_ document: [UInt8], image: String) async throws -> ImageVerdicts {
        try await call { try await $0.explain(document, image: image) }
    }

    func reserve(_ id: MachineID, _ document: [UInt8], policy: CostPolicy?) async throws -> Bid {
        try await call { try await $0.reserve(id, document, policy: policy) }
    }

    func release(reservation id: MachineID) async throws { try await call { try await $0.release(reservation: id) } }

    func configure(_ id: MachineID, _ document: [UInt8]) async throws -> Machine {
        try await told("configure", id) { try await $0.configure(id, document) }
    }

    func publishImage(of id: MachineID, as name: String, replace: Bool) async throws -> MachineImage {
        try await call { try await $0.publishImage(of: id, as: name, replace: replace) }
    }

    func cordon(_ plant: String, reason: String?) async throws -> ServiceStatus {
        try await call { try await $0.cordon(plant, reason: reason) }
    }

    func uncordon(_ plant: String) async throws -> ServiceStatus { try await call { try await $0.uncordon(plant) } }
}
