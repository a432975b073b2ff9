import CostModel
import Logging
import Warehouse

/// The images that plants have kept by themselves in this warehouse, and what each is worth here today.
struct KeptImages: Sendable {
    let plant: PlantParts

    private var warehouse: Warehouse { plant.host.disks.warehouse }

    /// All of them.
    func all() async throws -> [KeepingOffer.Kept] {
        let images = try await warehouse.keptVersions()
        let beneath = Set(images.flatMap(\.standsOn).map(\.name))
        var kept: [KeepingOffer.Kept] = []
        for image in images where image.manifest.origin == .automatic {
            let name = image.manifest.name
            // What else may stand on it is looked at when it is to go.
            let isNeeded = !image.holders.isEmpty || beneath.contains(name)
            kept.append(.init(name: name, offer: try await offer(image), isNeeded: isNeeded))
        }
        return kept
    }

    /// What is not known any more, since nobody ran it lately, is worth nothing.
    private func offer(_ image: ImageVersion) async throws -> KeepingOffer {
        var offer = KeepingOffer(seconds: 0, demand: .infinity, bytes: image.bytes)
        for step in image.manifest.history.dropFirst(try await stepsBefore(image)) {
            let learned = try await plant.durations.learned(step.key)
            offer.seconds += learned?.median ?? 0
            offer.demand = min(offer.demand, learned?.weight ?? 0)
        }
        if !offer.demand.isFinite { offer.demand = 0 }
        return offer
    }

    /// What the image that it was made from holds is not saved by this one.
    private func stepsBefore(_ image: ImageVersion) async throws -> Int {
        guard let parent = image.manifest.parent else { return 0 }
        do throws(WarehouseError) { return try await warehouse.image(parent).manifest.history.count } catch {
            guard error.code == .notFound else { throw error }
            return 0
        }
    }

    /// Removes one for another that is worth more, and writes that into the warehouse's log.
    ///
    /// - Returns: Whether it is gone; not when something has come to stand on it.
    func give(up name: String, _ reason: String) async throws -> Bool {
        do throws(WarehouseError) {
            try await warehouse.remove(name)
            try await warehouse.log(
                "removed \(name): plant \(plant.settings.name) keeps another in its place; \(reason)"
            )
        } catch {
            guard [.inUse, .busy, .notFound].contains(error.code) else { throw error }
            return error.code == .notFound
        }
        plant.logger.notice("image removed for a better one", metadata: ["image": "\(name)"])
        return true
    }
}
