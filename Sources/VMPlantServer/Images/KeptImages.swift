import CostModel
import Logging
import Warehouse

/// The images that plants have kept by themselves in this warehouse, and what each is worth here today.
struct KeptImages: Sendable {
    let plant: PlantParts

    private var warehouse: Warehouse { plant.host.disks.warehouse }

    /// All of them.
    ///
    /// - Parameter needed: Those of which it was found that something else stands on them.
    /// - Returns: Each with what it is worth.
    /// - Throws: What kept the warehouse or the book from being read.
    func all(needed: Set<String>) async throws -> [KeepingOffer.Kept] {
        let images = try await warehouse.checkpointVersions()
        let needed = needed.union(images.flatMap(\.standsOn).map(\.name))
        var kept: [KeepingOffer.Kept] = []
        for image in images where image.manifest.origin == .automatic {
            let steps = image.manifest.history.dropFirst(try await stepsBefore(image))
            let name = image.manifest.name
            let isNeeded = !image.holders.isEmpty || needed.contains(name)
            kept.append(.init(name: name, offer: try await offer(steps, bytes: image.bytes).offer, isNeeded: isNeeded))
        }
        return kept
    }

    /// What an image that holds these steps is worth.
    ///
    /// - Parameters:
    ///   - steps: What it saves who starts from it.
    ///   - bytes: What it takes.
    /// - Returns: The offer, and the first step of which nothing is known, since nobody ran it here lately: then it is worth
    ///   nothing.
    /// - Throws: What kept the book from being read.
    func offer(
        _ steps: ArraySlice<PerformedAction>,
        bytes: Int
    ) async throws -> (offer: KeepingOffer, unknown: String?) {
        var offer = KeepingOffer(seconds: 0, demand: steps.isEmpty ? 0 : .infinity, bytes: bytes)
        for step in steps {
            guard let learned = try await plant.durations.learned(step.key) else {
                return (KeepingOffer(seconds: 0, demand: 0, bytes: bytes), step.action)
            }
            offer.seconds += learned.median
            offer.demand = min(offer.demand, learned.weight)
        }
        return (offer, nil)
    }

    /// What the image that it was made from holds is not saved by this one.
    private func stepsBefore(_ image: ImageVersion) async throws -> Int {
        guard let parent = image.manifest.parent else { return 0 }
        do throws(WarehouseError) { return try await warehouse.image(parent).manifest.history.count } catch {
            guard error.code == .notFound else { throw error }
            return 0
        }
    }

    /// Removes some for another that is worth more, and writes each into the warehouse's log.
    ///
    /// - Returns: The first that stays, since something stands on it or is being done to it; nothing when all are gone.
    func giveUp(_ names: [String], _ reason: String) async throws -> String? {
        for name in names {
            do throws(WarehouseError) {
                try await warehouse.remove(name)
                try await warehouse.log(
                    "removed \(name): plant \(plant.settings.name) keeps another in its place; \(reason)"
                )
            } catch {
                if error.code == .notFound { continue }
                guard [.inUse, .busy].contains(error.code) else { throw error }
                return name
            }
            plant.logger.notice("image removed for a better one", metadata: ["image": "\(name)"])
        }
        return nil
    }
}
