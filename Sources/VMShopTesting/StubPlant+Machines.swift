import ClassAds
import DAGModel
public import ShopAPI

/// A machine that is only a record, with its events.
struct StubMachine: Sendable {
    var machine: Machine
    var events: [MachineEvent] = []

    /// Changes the state, which is an event and an attribute.
    mutating func become(_ state: MachineState) {
        machine.state = state
        machine.attributes["State"] = .string(state.rawValue)
        note(.state(of: machine))
    }

    mutating func note(_ event: MachineEvent) {
        var event = event
        event.sequence = events.count + 1
        events.append(event)
    }
}

extension StubPlant {
    /// Ends the creation or configuration of a machine whose fate was ``Fate/pending``.
    public func finish(_ id: MachineID, error: ServiceError? = nil) {
        let isCreation = held[id]?.machine.state == .creating
        held[id]?.machine.error = error
        held[id]?.become(isCreation && error != nil ? .failed : .ready)
    }

    /// Puts a machine into a state, whatever it was.
    public func put(_ id: MachineID, _ state: MachineState) { held[id]?.become(state) }

    /// Notes an event on a machine.
    public func note(_ event: MachineEvent, on id: MachineID) { held[id]?.note(event) }

    /// Makes the plant forget a machine, as if its book were lost.
    public func forget(_ id: MachineID) { held[id] = nil }

    /// Changes what a plant says of a machine.
    public func alter(_ id: MachineID, _ change: @Sendable (inout Machine) -> Void) {
        guard var machine = held[id]?.machine else { return }
        change(&machine)
        held[id]?.machine = machine
    }

    static func parse(_ document: [UInt8]) throws -> Request {
        do {
            return try RequestParser().parse(document)
        } catch {
            throw ServiceError(error)
        }
    }

    static func repeated(_ machine: Machine, _ digest: String) throws -> Machine {
        if machine.state == .collected { throw ServiceError(.machineCollected, "machine \(machine.id) was collected") }
        guard machine.requestDigest == digest else {
            throw ServiceError(.machineConflict, "machine \(machine.id) is another")
        }
        return machine
    }

    func known(_ id: MachineID) throws -> StubMachine {
        guard let stub = held[id] else { throw ServiceError.unknown(id) }
        return stub
    }

    func page(_ id: MachineID, after sequence: Int) throws -> EventPage {
        let stub = try known(id)
        return EventPage(events: stub.events.filter { $0.sequence > sequence }, state: stub.machine.state)
    }

    func make(_ id: MachineID, _ request: Request, _ fate: Fate) -> Machine {
        networks.insert(request.client.domain)
        var machine = Machine(
            id: id,
            name: request.name ?? id.text,
            state: .creating,
            plant: name,
            domain: request.client.domain,
            owner: request.client.user,
            image: request.start.image,
            address: "10.90.0.\(held.count + 2)",
            requestDigest: request.digest,
            created: .now,
            actions: request.graph.order().map { ActionReport($0) }
        )
        machine.attributes["Memory"] = .integer(256)
        machine.attributes["Plant"] = .string(name)
        machine.attributes["Name"] = .string(machine.name)
        machine.attributes["Domain"] = .string(machine.domain)
        machine.attributes["Owner"] = machine.owner.map { .string($0) }
        held[id] = StubMachine(machine: machine)
        held[id]?.become(.creating)
        let answer = held[id]?.machine ?? machine
        end(id, fate, failure: .failed)
        return answer
    }

    func configure(_ id: MachineID, _ request: Request, _ fate: Fate) throws -> Machine {
        let machine = try known(id).machine
        guard machine.state == .ready else {
            throw ServiceError(.machineBusy, "machine \(id) is \(machine.state.rawValue)")
        }
        held[id]?.machine.actions += request.graph.order().map { ActionReport($0) }
        held[id]?.become(.configuring)
        let answer = held[id]?.machine ?? machine
        end(id, fate, failure: .ready)
        return answer
    }

    func destroy(_ id: MachineID) -> Machine {
        let tombstone = Machine(
            id: id,
            name: id.text,
            state: .collecting,
            plant: name,
            domain: "-",
            requestDigest: "",
            created: .now
        )
        var stub = held[id] ?? StubMachine(machine: tombstone)
        if stub.machine.state != .collected { stub.become(.collected) }
        held[id] = stub
        return stub.machine
    }

    private func end(_ id: MachineID, _ fate: Fate, failure: MachineState) {
        switch fate {
        case .pending: break
        case .ready:
            let count = held[id]?.machine.actions.count ?? 0
            for index in 0..<count { held[id]?.machine.actions[index].status = .done }
            held[id]?.machine.ready = .now
            held[id]?.become(.ready)
        case .failed(let error):
            held[id]?.machine.error = error
            held[id]?.become(failure)
        }
    }
}
