import ShopAPI

/// How a plant, or all of them, did not make a machine. Whether another plant may help is said by the error's code.
struct PlantFailure: Error {
    /// What went wrong.
    var error: ServiceError
    /// Whether the plant may hold something of the machine all the same, so that it is owed a collection.
    var mayHold: Bool
}

extension ErrorCode {
    /// Whether the error says nothing but that the service did not answer, or would not now.
    var meansOutOfReach: Bool { [.unreachable, .timedOut, .unavailable, .overloaded].contains(self) }

    /// Whether a plant that answers a creation with this has not begun it. An earlier call may be under way there still.
    var saysNotBegun: Bool {
        [
            .refused, .noBids, .bidExpired, .requestInvalid, .callInvalid, .queryInvalid, .tooLarge, .unreachable,
            .loop, .overloaded,
        ].contains(self)
    }

    /// Whether a plant that answers a creation with this has the id in its book, for a machine of somebody else or as a
    /// tombstone, so that it cannot begin ours any more.
    var saysTakenId: Bool { self == .machineConflict || self == .machineCollected }
}
