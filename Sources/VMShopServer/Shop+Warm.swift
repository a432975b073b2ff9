import ShopAPI

extension Shop {
    /// Delegates to the plant that is named, else to the first of the list that is ready.
    func warm(_ order: WarmOrder) async throws -> WarmProgress {
        let plants = try await plants()
        let named = plants.filter { order.plant == nil || $0.status?.name == order.plant || $0.url == order.plant }
        guard let plant = named.first(where: { $0.status?.isReady == true }) else {
            let what = order.plant.map { "no plant `\($0)` of this shop is ready" } ?? "no plant of this shop is ready"
            throw ServiceError(.unavailable, what, hint: "`vmshop plants` lists them")
        }
        var delegated = order
        delegated.plant = nil
        let client = parts.plants.client(plant.url, deadline: 60)
        return try await parts.plants.outcome(plant.url) { [delegated] in try await client.warm(delegated) }.get()
    }
}
