import CostModel
import DAGModel
import ShopAPI

extension Shop {
    func suppose(_ suppositions: [Supposition], _ document: [UInt8], policy: CostPolicy?) async throws -> Estimate {
        let policy = try chosen(policy)
        let request = try await parser.read(document)
        try Self.check(suppositions, against: request)
        try await parts.suppositions.enter(request.client.domain)
        do {
            let estimate = try await suppose(suppositions, request, document, policy)
            await parts.suppositions.leave(request.client.domain)
            return estimate
        } catch {
            await parts.suppositions.leave(request.client.domain)
            throw error
        }
    }

    private func suppose(
        _ suppositions: [Supposition],
        _ request: Request,
        _ document: [UInt8],
        _ policy: CostPolicy
    ) async throws -> Estimate {
        var answers = await parts.plants.bidNotices()
        // Shops tell nothing of themselves; they suppose it of the plants in their lists.
        let below = answers.filter { $0.result.isOfOneWhoTellsNothing }.map(\.url)
        answers.removeAll { $0.result.isOfOneWhoTellsNothing }
        async let others = parts.plants.suppose(suppositions, document, policy: policy, at: below)

        answers = answers.map { ($0.url, $0.result.checked) }
        var site = SupposedSite(
            answers.compactMap { url, result in
                (try? result.get()).map { SupposedSite.Plant(url: url, notice: $0) }
            }
        )
        for supposition in suppositions { site.suppose(supposition, for: request) }
        let digest = request.digest
        let said = await others
        var round = Round(
            Self.choice(site, request, digest, policy),
            digest,
            adding: Round(said, for: digest, policy: policy)
        )
        round.refusals += await refusals(answers)
        var estimate = round.estimate(digest, by: parts.settings.name)
        let applied = Set(site.supposed + said.flatMap { (try? $0.result.get())?.supposed ?? [] })
        if CallPath.current.shops.isEmpty, let vain = suppositions.first(where: { !applied.contains($0) }) {
            throw vain.isInVain
        }
        estimate.supposed = suppositions.filter(applied.contains)
        return estimate
    }

    private static func check(_ suppositions: [Supposition], against request: Request) throws {
        for case .checkpoint(let action) in suppositions where request.graph[action] == nil {
            throw ServiceError(.callInvalid, "the request has no action `\(action)` whose result could be kept")
        }
    }

    /// What is offered on a site that is only supposed.
    private static func choice(
        _ site: SupposedSite,
        _ request: Request,
        _ digest: String,
        _ policy: CostPolicy
    ) -> Board.Choice {
        let now = ServiceTime.now
        var board = Board(site.plants.map(\.url))
        for plant in site.plants { _ = board.take(plant.notice, from: plant.url, at: now) }
        return board.choose(request, digest, policy: policy, salt: 0, most: max(1, site.plants.count), at: now)
    }

    /// Who could not be heard.
    private func refusals(_ answers: Plants.Answers<BidNotice>) async -> [Refusal] {
        var refusals: [Refusal] = []
        for (url, result) in answers {
            guard case .failure(let error) = result else { continue }
            refusals.append(Refusal(plant: await parts.plants.name(url), reasons: [error.message]))
        }
        return refusals
    }
}

extension Result<BidNotice, ServiceError> {
    /// The notice, where it can be true: what is computed with it must not overflow.
    fileprivate var checked: Self {
        flatMap { notice in
            guard let objection = notice.objection else { return self }
            return .failure(ServiceError(.internalError, "what it tells is not believed: \(objection)"))
        }
    }

    /// Whether it is the answer of a service that is asked about each request: a shop, or one with too many images.
    fileprivate var isOfOneWhoTellsNothing: Bool {
        switch self {
        case .success(let notice): !notice.function.tellsImages
        case .failure(let error): error.code == .callInvalid
        }
    }
}

extension Supposition {
    /// The error of a supposition about what is not there.
    fileprivate var isInVain: ServiceError {
        switch self {
        case .drained(let plant): Self.unknown(plant)
        case .added(let plant, let like):
            ServiceError(
                .plantUnknown,
                "\(plant) cannot be supposed: no plant that tells its bids is called \(like), or there is a \(plant) already",
                hint: "`vmshop plant list` shows the plants"
            )
        case .everywhere(let image):
            ServiceError(.imageUnknown, "no plant that tells its bids has an image \(image)")
        case .checkpoint(let action):
            ServiceError(
                .callInvalid,
                "no plant could make the machine as far as `\(action)`, so none could keep that",
                hint: "`vmshop estimate FILE` shows what each plant says"
            )
        }
    }

    private static func unknown(_ plant: String) -> ServiceError {
        ServiceError(
            .plantUnknown,
            "no plant that tells its bids is called \(plant)",
            hint: "`vmshop plant list` shows the plants"
        )
    }
}
