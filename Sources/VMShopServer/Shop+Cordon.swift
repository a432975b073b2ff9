import ShopAPI

extension Shop {
    func cordon(_ plant: String, reason: String?) async throws -> ServiceStatus {
        try await tell(plant) { try await $0.cordon(plant, reason: reason) }
    }

    func uncordon(_ plant: String) async throws -> ServiceStatus {
        try await tell(plant) { try await $0.uncordon(plant) }
    }

    private func tell(
        _ name: String,
        _ call: @Sendable (any PlantConnection) async throws -> ServiceStatus
    ) async throws -> ServiceStatus {
        let url = try await url(ofPlant: name)
        let client = parts.plants.client(url, deadline: parts.settings.acceptTimeout)
        return try await parts.plants.outcome(url, evenIfSilent: true) { try await call(client) }.get()
    }

    /// The plant of a name; those that do not answer may be it.
    private func url(ofPlant name: String) async throws -> String {
        let statuses = await parts.plants.statuses()
        let named = statuses.filter { $0.status?.name == name }
        guard named.count <= 1 else {
            let urls = named.map(\.url).joined(separator: ", ")
            throw ServiceError(
                .plantUnknown,
                "several plants are called \(name): \(urls)",
                hint: "give each a `name` of its own"
            )
        }
        if let plant = named.first { return plant.url }
        let silent = statuses.filter { $0.status == nil }.map(\.url)
        guard silent.isEmpty else {
            throw ServiceError(
                .unavailable,
                "no plant that answers is called \(name), and these do not: \(silent.joined(separator: ", "))"
            )
        }
        throw ServiceError(
            .plantUnknown,
            "no plant of the shop is called \(name)",
            hint: "`vmshop plant list` has their names"
        )
    }
}
