import Logging
import ShopAPI

extension Plant {
    func cordon(_ plant: String, reason: String?) async throws -> ServiceStatus {
        try requireSelf(plant)
        try await parts.claims.set(cordon: Cordon(since: .now, reason: reason ?? ""))
        parts.logger.notice("cordoned", metadata: ["reason": "\(reason ?? "")"])
        return try await status()
    }

    func uncordon(_ plant: String) async throws -> ServiceStatus {
        try requireSelf(plant)
        try await parts.claims.set(cordon: nil)
        parts.logger.notice("uncordoned")
        return try await status()
    }

    private func requireSelf(_ name: String) throws {
        guard name == settings.name else {
            throw ServiceError(.plantUnknown, "this is plant \(settings.name), not \(name)")
        }
    }
}
