/// How many shops listen to the plant's bid function.
actor BidListeners {
    private(set) var count = 0

    /// Each costs some work a second, so there are no more than this.
    static let most = 64

    /// Somebody begins to listen.
    func enter() { count += 1 }

    /// Somebody listens no more.
    func leave() { count -= 1 }
}
