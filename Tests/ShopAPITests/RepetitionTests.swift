import ShopAPI
import Testing

@Suite("the answer to a repeated creation")
struct RepetitionTests {
    @Test("the same request is answered with the machine, another one refused", arguments: MachineState.allCases)
    func answers(state: MachineState) throws {
        let machine = Machine(
            id: .new(),
            name: "m",
            state: state,
            domain: "d",
            requestDigest: "digest",
            created: .now
        )
        let isGone = state == .collecting || state == .collected
        if isGone {
            let error = #expect(throws: ServiceError.self) { try machine.answer(toRequest: "digest") }
            #expect(error?.code == .machineCollected)
        } else {
            #expect(try machine.answer(toRequest: "digest") == machine)
        }
        let error = #expect(throws: ServiceError.self) { try machine.answer(toRequest: "other") }
        #expect(error?.code == (isGone ? .machineCollected : .machineConflict))
    }
}

@Suite("the states of a machine")
struct MachineStateTests {
    @Test("every state can be left towards collected, and collected cannot be left")
    func end() {
        for state in MachineState.allCases {
            var reached: Set = [state]
            while case let more = reached.union(reached.flatMap(\.successors)), more != reached { reached = more }
            #expect(reached.contains(.collected))
        }
        #expect(MachineState.collected.successors.isEmpty)
    }

    @Test("no state follows itself, and nothing becomes a creation again")
    func noReturn() {
        for state in MachineState.allCases {
            #expect(!state.successors.contains(state))
            #expect(!state.successors.contains(.placing))
            #expect(state == .placing || !state.successors.contains(.creating))
        }
    }

    @Test("what rests and holds nothing is failed or collected")
    func holding() {
        let free = MachineState.allCases.filter { $0.isResting && !$0.holdsResources }
        #expect(Set(free) == [.failed, .collected])
    }
}
