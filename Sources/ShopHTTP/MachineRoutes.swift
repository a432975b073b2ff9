import ClassAds
import CostModel
import DAGModel
import HTTPTypes
public import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat
import ServiceLifecycle
public import ShopAPI

/// The routes of a machine service: decode, call, encode, nothing else.
public struct MachineRoutes<Service: MachineService>: Sendable {
    private let service: Service
    private let arguments: CallArguments

    /// Routes to a service.
    ///
    /// - Parameters:
    ///   - service: Who answers.
    ///   - limits: What clients may take.
    public init(_ service: Service, limits: TransportLimits) {
        self.service = service
        arguments = CallArguments(limits: limits)
    }

    /// Adds the routes to a router, below the version of the contract.
    public func add(to router: Router<BasicRequestContext>) {
        let group = router.group("\(ShopAPI.version)")
        group.get("status") { _, _ in try JSONAnswer(await service.status()) }
        group.get("bid", use: bids)
        group.get("plants") { _, _ in try JSONAnswer(await service.plants()) }
        group.put("plants/{name}", use: join)
        group.delete("plants/{name}") { _, context in try JSONAnswer(await service.dismiss(plant(context))) }
        group.put("plants/{name}/cordon", use: cordon)
        group.delete("plants/{name}/cordon") { _, context in try JSONAnswer(await service.uncordon(plant(context))) }
        group.post("estimates", use: estimate)
        group.post("explanations", use: explain)
        group.put("reservations/{id}", use: reserve)
        group.delete("reservations/{id}", use: release)
        group.get("machines", use: list)
        group.put("machines/{id}", use: create)
        group.get("machines/{id}") { _, context in try JSONAnswer(await service.machine(arguments.id(context))) }
        group.delete("machines/{id}") { _, context in try JSONAnswer(await service.collect(arguments.id(context))) }
        group.post("machines/{id}/configurations", use: configure)
        group.post("machines/{id}/image", use: publishImage)
        group.get("machines/{id}/events", use: events)
        group.put("machines/{id}/lease", use: setLease)
        group.get("machines/{id}/placement") { _, context in
            try JSONAnswer(await service.placement(of: arguments.id(context)))
        }
        group.post("images/warm", use: warm)
    }

    /// A stream of notices, one a line, that ends with the connection or with the server.
    @Sendable private func bids(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let isOnce = try arguments.flag(request, "once")
        guard let feed = try await service.bidFeed(withProgress: arguments.flag(request, "progress")) else {
            throw ServiceError(.callInvalid, "this service tells no bid function", hint: "ask it for estimates")
        }
        if isOnce { return try await first(of: feed).response(from: request, context: context) }
        let body = ResponseBody { writer in
            await withGracefulShutdownHandler {
                var last: (word: PlantWord, line: ByteBuffer)?
                while let word = try? await feed.next() {
                    do {
                        // Most words are that nothing changed, which is written out once.
                        let line = if let last, last.word == word { last.line } else { try Self.line(word) }
                        last = (word, line)
                        try await writer.write(line)
                    } catch {
                        break
                    }
                }
            } onGracefulShutdown: {
                // UNSTRUCTURED: the handler cannot wait; who waits for a word goes on when this has ended.
                Task { await feed.close() }
            }
            await feed.close()
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-ndjson"], body: body)
    }

    private static func line(_ word: PlantWord) throws -> ByteBuffer {
        var line = ByteBuffer(data: try WireCoding.encode(word))
        line.writeInteger(UInt8(ascii: "\n"))
        return line
    }

    private func first(of feed: any BidFeed) async throws -> JSONAnswer {
        let word: Result<PlantWord, any Error>
        do { word = .success(try await feed.next()) } catch { word = .failure(error) }
        await feed.close()
        return try JSONAnswer(word.get())
    }

    @Sendable private func cordon(_ request: Request, _ context: BasicRequestContext) async throws -> JSONAnswer {
        let reason = request.uri.queryParameters.get("reason")
        guard reason?.utf8.count ?? 0 <= 800 else { throw CallArguments.invalid("reason", "at most 800 bytes long") }
        return try JSONAnswer(await service.cordon(plant(context), reason: reason))
    }

    @Sendable private func join(_ request: Request, _ context: BasicRequestContext) async throws -> JSONAnswer {
        let plant = try plant(context)
        let order: JoinOrder = try await order(request, "the word of a plant that joins")
        return try JSONAnswer(await service.join(plant, order))
    }

    /// The body as a value.
    private func order<Order: Decodable>(_ request: Request, _ title: String) async throws -> Order {
        let body = try await arguments.document(request)
        do { return try WireCoding.decode(Order.self, from: body) } catch {
            throw ServiceError(.callInvalid, "the body is not \(title): \(error)", hint: "see schemas/openapi.yaml")
        }
    }

    private func plant(_ context: BasicRequestContext) throws -> String {
        let name = try context.parameters.require("name")
        guard name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{0,62}/) != nil else {
            throw CallArguments.invalid("name", "the name of a plant: 1 to 63 of A-Z a-z 0-9 . _ -")
        }
        return name
    }

    @Sendable private func estimate(_ request: Request, _ context: BasicRequestContext) async throws -> JSONAnswer {
        let policy = try arguments.policy(request)
        guard let suppositions = try suppositions(request) else {
            return try JSONAnswer(await service.estimate(arguments.document(request), policy: policy))
        }
        return try JSONAnswer(await service.suppose(suppositions, arguments.document(request), policy: policy))
    }

    @Sendable private func explain(_ request: Request, _ context: BasicRequestContext) async throws -> JSONAnswer {
        guard let image = request.uri.queryParameters.get("image"), !image.isEmpty, image.utf8.count <= 255 else {
            throw CallArguments.invalid("image", "the name of an image")
        }
        return try JSONAnswer(await service.explain(arguments.document(request), image: image))
    }

    @Sendable private func reserve(_ request: Request, _ context: BasicRequestContext) async throws -> JSONAnswer {
        let (id, policy) = (try arguments.id(context), try arguments.policy(request))
        return try JSONAnswer(await service.reserve(id, arguments.document(request), policy: policy))
    }

    @Sendable private func release(_ request: Request, _ context: BasicRequestContext) async throws -> JSONAnswer {
        try await service.release(reservation: arguments.id(context))
        return try JSONAnswer([String: String]())
    }

    @Sendable private func create(_ request: Request, _ context: BasicRequestContext) async throws -> JSONAnswer {
        let id = try arguments.id(context)
        let options = CreateOptions(bid: request.uri.queryParameters.get("bid"), policy: try arguments.policy(request))
        return try JSONAnswer(
            await service.create(id, arguments.document(request), options: options),
            status: .accepted
        )
    }

    @Sendable private func configure(_ request: Request, _ context: BasicRequestContext) async throws -> JSONAnswer {
        let id = try arguments.id(context)
        return try JSONAnswer(await service.configure(id, arguments.document(request)), status: .accepted)
    }

    @Sendable private func warm(_ request: Request, _ context: BasicRequestContext) async throws -> JSONAnswer {
        let order: WarmOrder = try await order(request, "an order of a warm image")
        let progress = try await service.warm(order)
        return try JSONAnswer(progress, status: progress.digest == nil ? .accepted : .ok)
    }

    @Sendable private func publishImage(_ request: Request, _ context: BasicRequestContext) async throws -> JSONAnswer {
        let id = try arguments.id(context)
        guard let name = request.uri.queryParameters.get("name"), !name.isEmpty, name.utf8.count <= 255 else {
            throw CallArguments.invalid("name", "the name of the image")
        }
        let replace = try arguments.flag(request, "replace")
        let image = try await service.publishImage(of: id, as: name, replace: replace)
        return try JSONAnswer(image, status: image.isDone ? .ok : .accepted)
    }

    @Sendable private func list(_ request: Request, _ context: BasicRequestContext) async throws -> JSONAnswer {
        var page = MachinePage(
            matching: try request.uri.queryParameters.get("query").map(Self.query),
            includeGone: try arguments.flag(request, "all")
        )
        if let text = request.uri.queryParameters.get("after") {
            guard let id = MachineID(String(text)) else { throw CallArguments.invalid("after", "a machine id") }
            page.after = id
        }
        if let limit = try arguments.number(request, "limit") {
            guard (1...1_000).contains(limit), limit.rounded() == limit else {
                throw CallArguments.invalid("limit", "a whole number from 1 to 1000")
            }
            page.limit = Int(limit)
        }
        return try JSONAnswer(await service.page(page))
    }

    @Sendable private func setLease(_ request: Request, _ context: BasicRequestContext) async throws -> JSONAnswer {
        let text = request.uri.queryParameters.get("duration").map { String($0) }
        let duration = text.flatMap(DurationText.duration)
        guard text == "none" || duration.map({ $0 > .zero && $0 <= Lease.longest }) == true else {
            throw CallArguments.invalid(
                "duration",
                "how long from now, `2h` say, at most \(DurationText.text(Lease.longest)), or `none`"
            )
        }
        return try JSONAnswer(await service.setLease(of: arguments.id(context), to: duration))
    }

    @Sendable private func events(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let id = try arguments.id(context)
        let after = try arguments.number(request, "after") ?? 0
        let wait = min(max(0, try arguments.number(request, "wait") ?? 0), 60)
        guard after >= 0, after < 1e15, after.rounded() == after else {
            throw CallArguments.invalid("after", "a whole number from 0")
        }
        guard !EventStream<Service>.isWanted(by: request) else {
            // Who comes again says so in a header; its URL is that of the first time.
            let seen = EventStream<Service>.lastEventID.flatMap { request.headers[$0] }.flatMap { Int($0) } ?? 0
            return try await EventStream(service: service, id: id).response(after: max(seen, Int(after)))
        }
        let withMachine = try arguments.flag(request, "machine")
        var page = try await service.events(of: id, after: Int(after), wait: .seconds(wait))
        if withMachine { page.machine = try await service.machine(id) }
        return try JSONAnswer(page).response(from: request, context: context)
    }
}

extension MachineRoutes {
    private static var mostSuppositions: Int { 8 }

    private func suppositions(_ request: Request) throws -> [Supposition]? {
        guard let text = request.uri.queryParameters.get("suppose") else { return nil }
        let items = text.split(separator: ",")
        let suppositions = items.compactMap { Supposition(rawValue: String($0)) }
        guard suppositions.count == items.count, items.count <= Self.mostSuppositions else {
            throw CallArguments.invalid(
                "suppose",
                "\(Supposition.form); several with commas between, \(Self.mostSuppositions) at most"
            )
        }
        return suppositions
    }

    private static func query(_ text: String) throws -> Query {
        do {
            return try Query(parsing: text)
        } catch {
            throw ServiceError(
                .queryInvalid,
                "the query cannot be read, \(error)",
                hint: #"try Memory >= 256 && Owner == "alice""#
            )
        }
    }
}
