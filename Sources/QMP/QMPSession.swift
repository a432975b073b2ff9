import BlockingCalls

/// What is known of one connection: who waits for which answer. A value without input or output.
struct QMPSession: Sendable {
    typealias Answer = Result<QMPValue, QMPError>

    private var nextID = 1
    private var waiting: [Int: Race<Answer>] = [:]
    /// Who waits for QEMU's first word.
    private var greeted: Race<Answer>?
    private var hasGreeted = false
    /// Why there is no connection any more.
    private(set) var end: QMPError?

    /// Waits for the greeting; one that has come already is answered at once.
    mutating func awaitGreeting(_ race: Race<Answer>) {
        if let end {
            race.finish(.failure(end))
        } else if hasGreeted {
            race.finish(.success(.null))
        } else {
            greeted = race
        }
    }

    /// Takes up a command.
    ///
    /// - Returns: Its number, `nil` when the connection is at its end.
    mutating func add(_ race: Race<Answer>) -> Int? {
        if let end {
            race.finish(.failure(end))
            return nil
        }
        defer { nextID += 1 }
        waiting[nextID] = race
        return nextID
    }

    /// Nobody waits for that answer any longer.
    mutating func forget(_ id: Int) { waiting[id] = nil }

    /// Takes up what came; an answer that nobody waits for means nothing.
    ///
    /// - Returns: The event, if it is one.
    mutating func take(_ message: QMPMessage) -> QMPEvent? {
        switch message {
        case .greeting:
            hasGreeted = true
            greeted?.finish(.success(.null))
            greeted = nil
        case .answer(let id?, let answer): waiting.removeValue(forKey: id)?.finish(answer)
        case .answer(nil, _): break
        case .event(let event): return event
        }
        return nil
    }

    /// Ends the session: whoever waits is told why. The first reason counts.
    mutating func finish(_ error: QMPError) {
        guard end == nil else { return }
        end = error
        greeted?.finish(.failure(error))
        greeted = nil
        for race in waiting.values { race.finish(.failure(error)) }
        waiting = [:]
    }
}
