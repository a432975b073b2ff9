public import AsyncHTTPClient
public import ClassAds
public import CostModel
import DAGModel
import FoundationEssentials
import Glibc
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1
import NIOPosix

/// The machine service of another process, over HTTP.
///
/// Every call has a deadline. ``ErrorCode/unreachable`` means that nothing was sent; ``ErrorCode/timedOut`` that the
/// outcome is unknown, so that only a repetition of the same call is safe.
public struct MachineClient: MachineService {
    /// Where the service listens, `http://10.66.0.1:8100`.
    public let url: String
    private let http: HTTPClient
    private let deadline: Duration
    private let origin: ShopEpoch?

    /// A client of the service at `url`.
    ///
    /// - Parameters:
    ///   - url: Scheme, host and port.
    ///   - http: The connections to use; whoever made it shuts it down.
    ///   - deadline: The longest a call may take.
    ///   - origin: The shop that calls; nothing for a client that is none.
    public init(url: String, http: HTTPClient, deadline: Duration = .seconds(30), origin: ShopEpoch? = nil) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.http = http
        self.deadline = deadline
        self.origin = origin
    }

    /// The same client with another deadline.
    public func with(deadline: Duration) -> MachineClient {
        MachineClient(url: url, http: http, deadline: deadline, origin: origin)
    }

    /// How the service stands.
    public func status() async throws -> ServiceStatus { try await call(.GET, "/status") }

    /// What a request would cost there.
    public func estimate(_ document: [UInt8], policy: CostPolicy?) async throws -> Estimate {
        try await call(.POST, "/estimates", ["policy": policy?.rawValue], document)
    }

    /// What a request would cost there if some things were so that are not.
    public func suppose(
        _ suppositions: [Supposition],
        _ document: [UInt8],
        policy: CostPolicy?
    ) async throws -> Estimate {
        let listed = suppositions.map(\.rawValue).joined(separator: ",")
        return try await call(.POST, "/estimates", ["policy": policy?.rawValue, "suppose": listed], document)
    }

    /// What stops an image there, or makes another better.
    public func explain(_ document: [UInt8], image: String) async throws -> ImageVerdicts {
        try await call(.POST, "/explanations", ["image": image], document)
    }

    /// Asks for a bid that binds.
    public func reserve(_ id: MachineID, _ document: [UInt8], policy: CostPolicy?) async throws -> Bid {
        try await call(.PUT, "/reservations/\(id)", ["policy": policy?.rawValue], document)
    }

    /// Gives back what is kept for a machine.
    public func release(reservation id: MachineID) async throws {
        struct Nothing: Decodable {}
        let _: Nothing = try await call(.DELETE, "/reservations/\(id)")
    }

    /// Begins to create a machine.
    public func create(_ id: MachineID, _ document: [UInt8], options: CreateOptions) async throws -> Machine {
        try await call(.PUT, "/machines/\(id)", ["bid": options.bid, "policy": options.policy?.rawValue], document)
    }

    /// Begins to apply a further graph to a machine.
    public func configure(_ id: MachineID, _ document: [UInt8]) async throws -> Machine {
        try await call(.POST, "/machines/\(id)/configurations", [:], document)
    }

    /// Makes an image of a machine, or asks how far it is.
    public func publishImage(of id: MachineID, as name: String, replace: Bool) async throws -> MachineImage {
        try await call(.POST, "/machines/\(id)/image", ["name": name, "replace": replace ? "yes" : nil])
    }

    /// One machine.
    public func machine(_ id: MachineID) async throws -> Machine { try await call(.GET, "/machines/\(id)") }

    /// The machines that match a query, fetched page by page; the deadline is that of the whole.
    public func machines(matching query: Query?, includeGone: Bool) async throws -> [Machine] {
        let end = ContinuousClock.now + deadline
        var machines: [Machine] = []
        var page = MachinePage(matching: query, includeGone: includeGone, limit: MachinePage.usualLimit)
        while true {
            let left = end - .now
            guard left > .zero else { throw ServiceError(.timedOut, "\(url) did not list all within \(deadline)") }
            let next = try await with(deadline: left).page(page)
            machines += next
            guard next.count == page.limit else { return machines }
            page.after = next.last?.id
        }
    }

    /// A page of the machines that match a query.
    public func page(_ page: MachinePage) async throws -> [Machine] {
        let parameters = [
            "query": page.query?.text, "all": page.includeGone ? "yes" : nil, "after": page.after?.text,
            "limit": page.limit == .max ? nil : String(page.limit),
        ]
        let machines: [Machine] = try await call(.GET, "/machines", parameters, largest: Self.largestList)
        let ids = [page.after].compactMap(\.self) + machines.map(\.id)
        guard machines.count <= page.limit, zip(ids, ids.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw ServiceError(.internalError, "\(url) answered with a list that is too long or not in order")
        }
        return machines
    }

    /// The events of a machine after the given one.
    public func events(of id: MachineID, after sequence: Int, wait: Duration) async throws -> EventPage {
        try await page(of: id, ["after": String(sequence), "wait": String(wait.seconds)], wait)
    }

    /// The events of a machine after the given one, and the machine with them.
    public func progress(of id: MachineID, after sequence: Int, wait: Duration) async throws -> EventPage {
        let parameters = ["after": String(sequence), "wait": String(wait.seconds), "machine": "yes"]
        return try await page(of: id, parameters, wait)
    }

    private func page(
        of id: MachineID,
        _ parameters: [String: String?],
        _ wait: Duration
    ) async throws -> EventPage {
        try await with(deadline: deadline + wait).call(.GET, "/machines/\(id)/events", parameters)
    }

    /// Has a machine's lease end so long from now.
    public func setLease(of id: MachineID, to duration: Duration?) async throws -> Machine {
        try await call(.PUT, "/machines/\(id)/lease", ["duration": duration.map(DurationText.text) ?? "none"])
    }

    /// How a machine came to its plant.
    public func placement(of id: MachineID) async throws -> PlacementReport {
        try await call(.GET, "/machines/\(id)/placement", largest: Self.largestList)
    }

    /// Destroys a machine.
    public func collect(_ id: MachineID) async throws -> Machine { try await call(.DELETE, "/machines/\(id)") }

    /// Makes a warm image there, or tells how far that is.
    public func warm(_ order: WarmOrder) async throws -> WarmProgress {
        try await call(.POST, "/images/warm", [:], Array(WireCoding.encode(order)))
    }

    /// Has a plant take no new machines.
    public func cordon(_ plant: String, reason: String?) async throws -> ServiceStatus {
        try await call(.PUT, "/plants/\(plant)/cordon", ["reason": reason])
    }

    /// Has a plant take machines again.
    public func uncordon(_ plant: String) async throws -> ServiceStatus {
        try await call(.DELETE, "/plants/\(plant)/cordon")
    }

    /// Listens to what the service would bid and how machines get on there, until it falls silent or stops.
    ///
    /// - Parameter take: Takes a word; the first is a notice that says everything.
    /// - Throws: ``ServiceError``: the service's own, `call.invalid` where it tells none; `service.timed-out` when no notice came
    ///   for as long as the deadline; what `take` throws.
    public func hear(_ take: @escaping @Sendable (PlantWord) async throws -> Void) async throws {
        let words = RepeatedWords()
        try await ServiceConnection(url: url, http: http, deadline: deadline).lines(
            "/" + ShopAPI.version + "/bid?progress=yes",
            largest: Self.largestAnswer
        ) { line in
            do {
                try await take(words.word(of: line))
            } catch let error as DecodingError {
                throw ServiceError(.internalError, "\(url) tells something that cannot be read: \(error)")
            }
        }
    }

    /// What the service would bid at this moment.
    ///
    /// - Throws: ``ServiceError``: the service's own, `call.invalid` where it tells none.
    public func bidNotice() async throws -> BidNotice { try await call(.GET, "/bid", ["once": "yes"]) }

    /// Takes a plant into the list.
    public func join(_ plant: String, _ order: JoinOrder) async throws -> PlantStatus {
        try await call(.PUT, "/plants/\(plant)", [:], Array(WireCoding.encode(order)))
    }

    /// Takes a plant that joined off the list.
    public func dismiss(_ plant: String) async throws -> PlantStatus { try await call(.DELETE, "/plants/\(plant)") }

    /// The plants behind the service.
    public func plants() async throws -> [PlantStatus] { try await call(.GET, "/plants") }
}

extension MachineClient: GangService {
    /// Begins to place a gang.
    public func createGang(
        _ id: MachineID,
        _ document: [UInt8],
        count: Int,
        options: CreateOptions
    ) async throws -> Gang {
        try await call(.PUT, "/gangs/\(id)", ["count": "\(count)", "policy": options.policy?.rawValue], document)
    }

    /// One gang.
    public func gang(_ id: MachineID) async throws -> Gang { try await call(.GET, "/gangs/\(id)") }

    /// All gangs.
    public func gangs(includeGone: Bool) async throws -> [Gang] {
        try await call(.GET, "/gangs", ["all": includeGone ? "yes" : nil], largest: Self.largestList)
    }

    /// Collects a gang.
    public func collectGang(_ id: MachineID) async throws -> Gang { try await call(.DELETE, "/gangs/\(id)") }
}

extension MachineClient {
    /// The largest list that is read, in bytes.
    private static let largestList = 64 << 20
    /// The largest other answer that is read, in bytes: a machine of thousands of actions with all their output.
    private static let largestAnswer = 16 << 20

    private func call<Answer: Decodable>(
        _ method: HTTPMethod,
        _ path: String,
        _ parameters: [String: String?] = [:],
        _ document: [UInt8]? = nil,
        largest: Int = largestAnswer
    ) async throws -> Answer {
        let query = ServiceConnection.queryString(parameters)
        var request = HTTPClientRequest(url: url + "/" + ShopAPI.version + path + query)
        request.method = method
        request.headers.add(name: "Accept", value: "application/json")
        if let origin {
            request.headers.add(name: CallPath.header, value: CallPath.current.through(origin.shop).headerText)
            request.headers.add(name: ShopEpoch.header, value: origin.headerText)
        }
        if let document {
            request.headers.add(name: "Content-Type", value: "application/xml")
            request.body = .bytes(document)
        }
        let body = try await ServiceConnection(url: url, http: http, deadline: deadline).send(request, largest).body
        do {
            return try WireCoding.decode(Answer.self, from: body)
        } catch {
            throw ServiceError(.internalError, "\(url) answered something that cannot be read: \(error)")
        }
    }
}
