import ClassAds
import ShopAPI
import Warehouse

/// Who stands on an image.
enum ImageUsers {
    /// The machines that were cloned from an image, as the shop knows them.
    ///
    /// - Throws: ``CommandFailure`` when the shop cannot be asked.
    static func machines(on image: String, _ service: ServiceOptions) async throws -> [String] {
        try await all(service).filter { $0.image == image }.map(\.machine)
    }

    /// All machines that there are, each with the version of the image that it was cloned from.
    ///
    /// - Throws: ``CommandFailure`` when the shop cannot be asked.
    static func all(_ service: ServiceOptions) async throws -> [ImageUse] {
        do {
            return try await service.withClient { client in
                try await checkAllAnswer(client)
                return try await client.machines(matching: nil, includeGone: false).compactMap { machine in
                    guard let image = machine.image else { return nil }
                    var digest: String?
                    if case .string(let text) = machine.attributes["ImageDigest"] { digest = text }
                    return ImageUse(machine: machine.id.text, image: image, digest: digest)
                }
            }
        } catch let error as ServiceError {
            throw CommandFailure(
                message: "the shop cannot be asked which machines stand on the image: \(error.message)\n"
                    + "hint: start the shop or say --url, or, if you are sure, --force",
                exitCode: error.code.exitCode
            )
        }
    }

    /// What a plant that is silent has made for others than this shop is not known.
    private static func checkAllAnswer(_ client: MachineClient) async throws {
        let silent = try await client.plants().compactMap(\.problem)
        guard !silent.isEmpty else { return }
        throw ServiceError(.unavailable, "not all plants answer: " + silent.joined(separator: "; "))
    }
}
