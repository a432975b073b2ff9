import Hummingbird
import ShopAPI

/// The routes of a shop's gangs: decode, call, encode, nothing else.
struct GangRoutes: Sendable {
    private let service: any GangService
    private let arguments: CallArguments

    /// Routes to a service.
    init(_ service: any GangService, limits: TransportLimits) {
        self.service = service
        arguments = CallArguments(limits: limits)
    }

    /// Adds the routes to a router, below the version of the contract.
    func add(to router: Router<BasicRequestContext>) {
        let group = router.group("\(ShopAPI.version)/gangs")
        group.get { request, _ in
            try JSONAnswer(await service.gangs(includeGone: arguments.flag(request, "all")))
        }
        group.put("{id}", use: create)
        group.get("{id}") { _, context in try JSONAnswer(await service.gang(arguments.id(context))) }
        group.delete("{id}") { _, context in try JSONAnswer(await service.collectGang(arguments.id(context))) }
    }

    @Sendable private func create(_ request: Request, _ context: BasicRequestContext) async throws -> JSONAnswer {
        let id = try arguments.id(context)
        guard let count = try arguments.number(request, "count"), count >= 1, count <= 1e6, count.rounded() == count
        else {
            throw CallArguments.invalid("count", "how many machines: a whole number from 1")
        }
        let options = CreateOptions(policy: try arguments.policy(request))
        let document = try await arguments.document(request)
        let gang = try await service.createGang(id, document, count: Int(count), options: options)
        return try JSONAnswer(gang, status: .accepted)
    }
}
