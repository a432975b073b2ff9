/// How many shops listen to the plant's bid function.
actor BidListeners {
    private(set) var count = 0

    /// Somebody begins to listen.
    func enter() { count += 1 }

    /// Somebody listens no more.
    func leave() { count -= 1 }
}
