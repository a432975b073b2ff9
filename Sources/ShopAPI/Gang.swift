public import CostModel

/// Machines of one request that are placed all or none: first each of them is kept a place at a plant, and only when all have one are
/// they made. When one cannot be made in the end, the others are collected.
public struct Gang: Sendable, Hashable, Codable {
    /// Its identity, chosen by the client. Those of its machines follow from it.
    public var id: MachineID
    /// The name that the request gives its machines.
    public var name: String
    /// As with a machine: `placing` while places are sought, `creating` while the machines are made, `ready` when all are. From then
    /// on each machine goes its own way.
    public var state: MachineState
    /// The client domain.
    public var domain: String
    /// The user.
    public var owner: String?
    /// How many machines it is to have.
    public var count: Int
    /// The digest of the request.
    public var requestDigest: String
    /// The policy that they are placed by.
    public var policy: CostPolicy
    /// When it was asked for.
    public var created: Timestamp
    /// Why it failed.
    public var error: ServiceError?

    /// A gang that is asked for.
    public init(
        id: MachineID,
        name: String,
        domain: String,
        owner: String?,
        count: Int,
        requestDigest: String,
        policy: CostPolicy,
        created: Timestamp
    ) {
        (self.id, self.name, self.state) = (id, name, .placing)
        (self.domain, self.owner, self.count) = (domain, owner, count)
        (self.requestDigest, self.policy, self.created) = (requestDigest, policy, created)
    }

    /// The ids of its machines, in order: the next after its own. There are machines of them only once all have a place.
    public var machines: [MachineID] { count > 0 ? (1...count).map { id.advanced(by: $0) } : [] }

    /// Its machines, as a page of a list: no id of anybody else's lies between.
    public var page: MachinePage { MachinePage(includeGone: true, after: id, limit: count) }
}

extension Gang {
    /// The answer to a call for a gang whose id is known already: the gang, if it is the same call.
    ///
    /// - Parameters:
    ///   - digest: The digest of the request that came now.
    ///   - count: How many machines it wants.
    /// - Returns: The gang as it stands.
    /// - Throws: ``ServiceError`` `machine.collected` for one that was collected, `machine.conflict` for another one.
    public func answer(toRequest digest: String, count: Int) throws -> Gang {
        guard state != .collecting, state != .collected else {
            throw ServiceError(.machineCollected, "gang \(id) was collected", hint: "choose a new id")
        }
        guard requestDigest == digest, self.count == count else {
            throw ServiceError(
                .machineConflict,
                "gang \(id) was made from another request, or has another number of machines",
                hint: "a repetition must be the same; for a new gang choose a new id"
            )
        }
        return self
    }

    /// Becomes something else, where that may be.
    ///
    /// - Throws: ``ServiceError`` `machine.busy` where it may not.
    public mutating func become(_ next: MachineState) throws {
        guard state == next || state.successors.contains(next) else {
            throw ServiceError(.machineBusy, "gang \(id) is \(state.rawValue) and cannot become \(next.rawValue)")
        }
        state = next
    }
}

extension ServiceError {
    /// No gang has the id.
    public static func unknownGang(_ id: MachineID) -> ServiceError {
        ServiceError(.machineUnknown, "there is no gang \(id)", hint: "`vmshop gang list` shows all")
    }
}
