import ShopAPI

/// Prints what happens to a machine, as it happens, until it rests.
struct Progress {
    let client: MachineClient
    let id: MachineID
    var isQuiet = false

    private static let longPoll = Duration.seconds(20)
    /// A service that is restarted in the meantime is waited for.
    private static let patience = Duration.seconds(60)

    /// Follows the machine.
    ///
    /// - Parameter sequence: The last event that is not of interest.
    /// - Returns: The machine, resting.
    /// - Throws: ``ServiceError`` when the service has been out of reach for too long.
    func follow(after sequence: Int = 0) async throws -> Machine {
        var last = sequence
        var wait = Duration.zero
        var began: Timestamp?
        while true {
            let page = try await page(after: last, wait: wait)
            for event in page.events {
                began = began ?? event.time
                last = event.sequence
                if !isQuiet { print(event, since: began ?? event.time) }
            }
            if page.state.isResting, page.events.isEmpty || page.events.last?.kind == .state {
                return try await client.machine(id)
            }
            // A machine that rests has no further events to wait for, only some that were not on this page.
            wait = page.state.isResting ? .zero : Self.longPoll
        }
    }

    private func page(after sequence: Int, wait: Duration) async throws -> EventPage {
        let giveUp = ContinuousClock.now + Self.patience
        while true {
            do {
                return try await client.events(of: id, after: sequence, wait: wait)
            } catch let error as ServiceError where [.unreachable, .timedOut].contains(error.code) && .now < giveUp {
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    private func print(_ event: MachineEvent, since began: Timestamp) {
        let seconds = (began.seconds(to: event.time) * 100).rounded() / 100
        let text = "\(seconds)"
        let padded = String(repeating: " ", count: max(0, 7 - text.count)) + text
        Terminal.note("\(padded) s  \(event.kind.label)  \(event.message)")
    }
}

extension MachineEvent.Kind {
    /// The kind in a column of its own.
    fileprivate var label: String {
        let width = 15
        return rawValue + String(repeating: " ", count: max(0, width - rawValue.count))
    }
}
