import Logging
import MachineBook
import ServerSettings
import ShopAPI

extension Shop {
    func join(_ plant: String, _ order: JoinOrder) async throws -> PlantStatus {
        try admit(order)
        let (plants, url) = (parts.plants, try Self.address(order.url))
        if plants.list.holds(url) {
            if plants.list.hasJoined(url), plants.list.joined(plant) != url { throw Self.otherAddress(plant, url) }
            // It says that it is there: who was skipped is not skipped any more.
            await plants.health.clear(url)
            return entry(url)
        }
        let others = await plants.health.urls(of: plant).filter(plants.list.holds)
        if let other = plants.list.joined(plant) ?? others.first { throw Self.otherAddress(plant, other) }
        let status = try await plants.client(url, deadline: parts.settings.estimateTimeout).status()
        guard status.name == plant, status.role == .plant else {
            throw ServiceError(
                .callInvalid,
                "at \(url) is the \(status.role.rawValue) \(status.name), not the plant \(plant)",
                hint: "`shops.advertise` of a plant is the URL by which shops reach it"
            )
        }
        try await parts.joined.mutex.run { try await add(plant, at: url) }
        return entry(url, status)
    }

    /// Two may have got so far at once under one name.
    private func add(_ plant: String, at url: String) async throws {
        if let other = parts.plants.list.joined(plant), other != url { throw Self.otherAddress(plant, other) }
        guard !parts.plants.list.holds(url) else { return }
        try await parts.joined.add(plant, at: url)
        parts.plants.list.add(url, as: plant)
        await parts.plants.health.learn(plant, of: url)
        await parts.plants.health.clear(url)
        await parts.plants.fitRounds()
        parts.logger.notice("plant joined", metadata: ["plant": "\(plant)", "url": "\(url)"])
    }

    func dismiss(_ plant: String) async throws -> PlantStatus {
        guard let url = parts.plants.list.joined(plant) else {
            throw ServiceError(
                .plantUnknown,
                "no plant has joined as \(plant)",
                hint: "those of the shop's settings are taken out there; `vmshop plant list` says which joined"
            )
        }
        let entry = entry(url)
        try await parts.joined.mutex.run {
            try await parts.joined.remove(plant)
            parts.plants.list.remove(plant)
        }
        await parts.board.remove(url)
        await parts.plants.fitRounds()
        parts.logger.notice("plant dismissed", metadata: ["plant": "\(plant)", "url": "\(url)"])
        return entry
    }

    /// Whoever has the key may join.
    private func admit(_ order: JoinOrder) throws {
        guard let key = parts.joinKey else {
            throw ServiceError(
                .plantNotAdmitted,
                "no plants can join this shop",
                hint: "`plants.joinKey` of its settings names the file of a key that plants share with it"
            )
        }
        guard key.isSame(as: order.key) else {
            throw ServiceError(
                .plantNotAdmitted,
                "the key is not the shop's",
                hint: "compare `shops.key` with `plants.joinKey`"
            )
        }
    }

    private func entry(_ url: String, _ status: ServiceStatus? = nil) -> PlantStatus {
        var entry = PlantStatus(url: url, status: status, problem: nil)
        entry.hasJoined = parts.plants.list.hasJoined(url) ? true : nil
        return entry
    }

    private static let longestAddress = 255

    private static func address(_ text: String) throws -> String {
        guard text.utf8.count <= longestAddress, ServiceAddress.isValid(text) else {
            throw ServiceError(
                .callInvalid,
                "`\(text.prefix(80))` is not the URL of a plant",
                hint: "it is http://HOST:PORT"
            )
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private static func otherAddress(_ plant: String, _ url: String) -> ServiceError {
        ServiceError(
            .plantNotAdmitted,
            "another name or address has joined already: \(plant), \(url)",
            hint: "give each plant a name of its own; `vmshop plant remove` takes one that moved off the list"
        )
    }
}
