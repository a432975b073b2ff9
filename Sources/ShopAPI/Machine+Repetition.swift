extension Machine {
    /// The answer to a creation whose id is known already: the machine, if it is the same creation.
    ///
    /// - Parameter digest: The digest of the request that came now.
    /// - Returns: The machine as it stands.
    /// - Throws: ``ServiceError`` `machine.collected` for a tombstone, `machine.conflict` for another request.
    public func answer(toRequest digest: String) throws -> Machine {
        guard state != .collecting, state != .collected else {
            throw ServiceError(.machineCollected, "machine \(id) was collected", hint: "choose a new id")
        }
        guard requestDigest == digest else {
            throw ServiceError(
                .machineConflict,
                "machine \(id) was made from another request",
                hint: "a repetition must send the same document; for a new machine choose a new id"
            )
        }
        return self
    }
}
