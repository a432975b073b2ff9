import ShopAPI

/// The images that are being made of machines, and what became of the last attempts: what calls that wait look at.
actor Publications {
    /// How an image stands.
    enum State: Sendable {
        case running(String)
        case failed(ServiceError)
    }

    private var entries: [MachineID: (name: String, state: State)] = [:]

    /// Notes that an image is begun.
    ///
    /// - Returns: Whether it is the caller's to make: not if it is being made already.
    /// - Throws: ``ServiceError`` `machine.busy` while another image is made of the machine.
    func begin(_ id: MachineID, as name: String) throws -> Bool {
        if let entry = entries[id], case .running = entry.state {
            guard entry.name == name else {
                throw ServiceError(.machineBusy, "the image \(entry.name) is being made of machine \(id)")
            }
            return false
        }
        entries[id] = (name, .running("begun"))
        return true
    }

    /// Notes how far it is.
    func advance(_ id: MachineID, _ progress: String) {
        if case .running = entries[id]?.state { entries[id]?.state = .running(progress) }
    }

    /// Notes how it ended; an image that is there is in the book of machines.
    func end(_ id: MachineID, _ failure: ServiceError?) {
        guard let failure else { return entries[id] = nil }
        entries[id]?.state = .failed(failure)
    }

    /// How the image of that name stands; nothing when nobody is at it.
    func state(_ id: MachineID, _ name: String) -> State? {
        guard let entry = entries[id], entry.name == name else { return nil }
        return entry.state
    }
}
