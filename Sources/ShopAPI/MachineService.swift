public import ClassAds
public import CostModel

/// The machine service, which plants carry out and shops delegate.
///
/// Every call that changes something is idempotent: the machine's id, chosen by the client, makes a repetition
/// recognisable. Errors are ``ServiceError``s.
public protocol MachineService: Sendable {
    /// What the service is called in the paths of calls (``CallPath``); nothing for one that calls no others.
    var pathName: String? { get }

    /// A call comes from a shop; each call of one is preceded by this.
    ///
    /// - Parameter epoch: The start of the shop that the call is of.
    /// - Throws: ``ServiceError`` `shop.superseded` where the shop was started anew since.
    func admit(_ epoch: ShopEpoch) async throws

    /// How the service stands.
    func status() async throws -> ServiceStatus

    /// What a request would cost, without doing anything.
    ///
    /// - Parameters:
    ///   - document: The request document (XML).
    ///   - policy: The policy to price with, the service's own when `nil`.
    /// - Returns: The bids, the one that would be taken first, and who does not bid, with every reason.
    /// - Throws: ``ServiceError`` `request.invalid` with every mistake of the document.
    func estimate(_ document: [UInt8], policy: CostPolicy?) async throws -> Estimate

    /// What a request would cost if some things were so that are not. Nothing is touched, and the bids bind nobody.
    ///
    /// - Parameters:
    ///   - suppositions: What is supposed.
    ///   - document: The request document (XML).
    ///   - policy: The policy to price with, the service's own when `nil`.
    /// - Returns: The bids that there would be, and who would not bid.
    /// - Throws: ``ServiceError``: `request.invalid`; `plant.unknown`, `image.unknown` or `call.invalid` for a supposition about
    ///   what is not there.
    func suppose(_ suppositions: [Supposition], _ document: [UInt8], policy: CostPolicy?) async throws -> Estimate

    /// What stops an image from being used for a request, or makes another better: at each plant.
    ///
    /// - Parameters:
    ///   - document: The request document (XML).
    ///   - image: The image's name.
    /// - Returns: What the plants say.
    /// - Throws: ``ServiceError`` `request.invalid` with every mistake of the document.
    func explain(_ document: [UInt8], image: String) async throws -> ImageVerdicts

    /// Asks for a bid that binds: the plant keeps what it prices (memory, processors, disk, an address, the domain's network)
    /// for this machine until the bid is over, whatever else is asked of it meanwhile. A creation of the machine takes it up.
    ///
    /// The same id with the same request again answers with a new bid, for which the place is kept anew.
    ///
    /// - Parameters:
    ///   - id: The machine's id.
    ///   - document: The request document (XML).
    ///   - policy: The policy to price with, the service's own when `nil`.
    /// - Returns: The bid.
    /// - Throws: ``ServiceError``: `request.invalid`, `placement.refused` or `placement.no-bids` with every reason,
    ///   `machine.conflict` when the id is another's, `machine.collected`, `service.unavailable`.
    func reserve(_ id: MachineID, _ document: [UInt8], policy: CostPolicy?) async throws -> Bid

    /// Gives back what is kept for a machine that is not to be made. What is not kept is given back already.
    func release(reservation id: MachineID) async throws

    /// Begins to create a machine and returns as soon as the intention is on disk.
    ///
    /// The same id with the same request answers with the machine as it stands; with another request it is refused
    /// (`machine.conflict`); the id of a collected machine is refused (`machine.collected`).
    ///
    /// - Parameters:
    ///   - id: The machine's id.
    ///   - document: The request document (XML).
    ///   - options: The bid to take up, the policy to price with.
    /// - Returns: The machine as it stands.
    /// - Throws: ``ServiceError``: `request.invalid`, `machine.conflict`, `machine.collected`, `bid.expired`,
    ///   `placement.refused`, `service.unavailable`.
    func create(_ id: MachineID, _ document: [UInt8], options: CreateOptions) async throws -> Machine

    /// Begins to apply a further graph to a ready machine: only the actions it lacks run.
    func configure(_ id: MachineID, _ document: [UInt8]) async throws -> Machine

    /// Makes an image of a ready or stopped machine: its disk as it is now, with the history of its own image and what was
    /// done to it since.
    ///
    /// Where that takes longer than a call may, the answer says that it is under way; the same call again waits on, and
    /// answers with the image once it is there. The same machine with nothing done to it since, and the same name, is the
    /// same image.
    ///
    /// - Parameters:
    ///   - id: The machine.
    ///   - name: The image's name.
    ///   - replace: Whether an image of that name is replaced; what machines stand on stays.
    /// - Returns: The image, or how far it is.
    /// - Throws: ``ServiceError``: `machine.unknown`, `machine.busy`, `image.taken`, `image.refused`.
    func publishImage(of id: MachineID, as name: String, replace: Bool) async throws -> MachineImage

    /// One machine.
    func machine(_ id: MachineID) async throws -> Machine

    /// The machines that match a query, all when it is `nil`, in the order of their ids.
    ///
    /// - Parameters:
    ///   - query: The condition.
    ///   - includeGone: Whether failed and collected machines are listed too.
    /// - Returns: The machines.
    /// - Throws: ``ServiceError`` when the book cannot be read.
    func machines(matching query: Query?, includeGone: Bool) async throws -> [Machine]

    /// A page of the machines that match a query, in the order of their ids. A service that does not say how cuts it out
    /// of the whole list.
    ///
    /// - Throws: ``ServiceError`` when the book cannot be read.
    func page(_ page: MachinePage) async throws -> [Machine]

    /// The events of a machine after the given one, waiting for the next if there is none yet.
    ///
    /// - Parameters:
    ///   - id: The machine.
    ///   - sequence: The last event already seen, 0 for none.
    ///   - wait: How long to wait for an event at most.
    /// - Returns: The events, at most 1,000, and the machine's state of the same moment.
    /// - Throws: ``ServiceError`` `machine.unknown`.
    func events(of id: MachineID, after sequence: Int, wait: Duration) async throws -> EventPage

    /// Has a machine's lease end so long from now, or not at all. A machine that stands still for its lease goes on.
    ///
    /// - Parameters:
    ///   - id: The machine.
    ///   - duration: How long it is wanted from now on; `nil` for no end.
    /// - Returns: The machine.
    /// - Throws: ``ServiceError``: `machine.unknown`, `machine.busy` when it is gone or going.
    func setLease(of id: MachineID, to duration: Duration?) async throws -> Machine

    /// How a machine came to its plant: the bids, the refusals and the choice.
    ///
    /// - Parameter id: The machine.
    /// - Returns: What is kept of it; no rounds where the service did not place it.
    /// - Throws: ``ServiceError`` `machine.unknown`.
    func placement(of id: MachineID) async throws -> PlacementReport

    /// Destroys a machine and gives back everything it held. A machine that never existed leaves a tombstone too, so
    /// that a creation that is still under way to this service is refused when it arrives.
    func collect(_ id: MachineID) async throws -> Machine

    /// Makes a warm image of a cold one, or tells how far that is: a call waits some seconds for the end, and the same order
    /// again asks for the next word. An image that was made so already is the answer at once.
    ///
    /// - Parameter order: What is to be made.
    /// - Returns: What is being done; with a digest once the image is there.
    /// - Throws: ``ServiceError``: why it cannot be made.
    func warm(_ order: WarmOrder) async throws -> WarmProgress

    /// Has a plant take no new machines, also after it is started anew, until it is uncordoned. Those that are there stay, and
    /// places that are kept can be taken.
    ///
    /// - Parameters:
    ///   - plant: The plant's name.
    ///   - reason: Why, for those who are refused.
    /// - Returns: How the plant stands.
    /// - Throws: ``ServiceError`` `plant.unknown`; `service.unavailable` when a plant that may be meant is silent.
    func cordon(_ plant: String, reason: String?) async throws -> ServiceStatus

    /// Has a plant take machines again.
    func uncordon(_ plant: String) async throws -> ServiceStatus

    /// What the service would bid for any request, told from now on to one who places machines.
    ///
    /// - Parameter withProgress: Whether it is told also how machines get on.
    /// - Returns: The words; nothing for a service that is asked about each request instead.
    /// - Throws: ``ServiceError`` `service.overloaded` where too many listen already.
    func bidFeed(withProgress: Bool) async throws -> (any BidFeed)?

    /// Takes a plant into the list, where it stays, also when the service is started anew, until it is dismissed. A plant that is
    /// there already has only said that it is still there.
    ///
    /// - Parameters:
    ///   - plant: The plant's name.
    ///   - order: Where it is, and the key that says that it may.
    /// - Returns: The plant's entry.
    /// - Throws: ``ServiceError``: `plant.not-admitted`; `call.invalid` where the address is that of somebody else; what keeps the
    ///   plant from answering.
    func join(_ plant: String, _ order: JoinOrder) async throws -> PlantStatus

    /// Takes a plant that joined off the list. Its machines stay, and it can join again.
    ///
    /// - Parameter plant: The plant's name.
    /// - Returns: The entry that it had.
    /// - Throws: ``ServiceError`` `plant.unknown` when no plant of that name has joined.
    func dismiss(_ plant: String) async throws -> PlantStatus

    /// The plants behind the service; a plant answers with itself.
    func plants() async throws -> [PlantStatus]
}

extension MachineService {
    /// For services that take calls of any start.
    public func admit(_ epoch: ShopEpoch) async throws {}

    /// For services that call no others.
    public var pathName: String? { nil }

    /// For services that place no machines.
    public func placement(of id: MachineID) async throws -> PlacementReport {
        PlacementReport(machine: id, policy: nil, plant: try await machine(id).plant, rounds: [])
    }

    /// For services that know of themselves only.
    public func suppose(
        _ suppositions: [Supposition],
        _ document: [UInt8],
        policy: CostPolicy?
    ) async throws -> Estimate {
        throw ServiceError(.callInvalid, "this service supposes nothing", hint: "ask a shop that has it in its list")
    }

    /// For services that have no list.
    public func join(_ plant: String, _ order: JoinOrder) async throws -> PlantStatus {
        throw ServiceError(.callInvalid, "plants join shops; this service is none")
    }

    /// For services that have no list.
    public func dismiss(_ plant: String) async throws -> PlantStatus {
        throw ServiceError(.callInvalid, "plants are dismissed by shops; this service is none")
    }

    /// For services that are asked about each request.
    public func bidFeed(withProgress: Bool) async throws -> (any BidFeed)? { nil }

    /// For services that make no images.
    public func warm(_ order: WarmOrder) async throws -> WarmProgress {
        throw ServiceError(.refused, "this service makes no warm images")
    }
}

/// What a creation may say beside the request.
public struct CreateOptions: Sendable, Hashable {
    /// The bid to take up. Without one the service plans and prices afresh.
    public var bid: String?
    /// The policy to choose by, the service's own when `nil`.
    public var policy: CostPolicy?

    /// Makes options.
    public init(bid: String? = nil, policy: CostPolicy? = nil) {
        self.bid = bid
        self.policy = policy
    }
}

/// Notices of a bid function, for one listener.
public protocol BidFeed: Sendable {
    /// The next word, as soon as there is one; the first is a notice that says everything.
    func next() async throws -> PlantWord

    /// The listener listens no more: who waits for a word is told that there is none, with an error. Called at least once, whatever
    /// happened.
    func close() async
}
