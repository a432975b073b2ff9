import DAGModel

/// What is kept of one place of the list.
struct CatalogueEntry: Sendable, Hashable {
    /// What was found there.
    enum State: Sendable, Hashable {
        /// An image, and what made it.
        case usable(ImageSummary, history: [ActionKey])
        /// Something that cannot be used, as far as known under this name.
        case unusable(name: String)
    }

    let place: ImagePlace
    /// The state of the manifest's file when it was read; nothing where there was none.
    let stamp: UInt64?
    let state: State

    /// The name that it has, or that it would have.
    var name: String {
        switch self.state {
        case .usable(let summary, _): summary.name
        case .unusable(let name): name
        }
    }

    /// What was found by looking at a place.
    init(_ listing: ImageListing, at place: ImagePlace, stamp: UInt64?) {
        self.place = place
        self.stamp = stamp
        if let manifest = listing.image?.manifest {
            self.state = .usable(ImageSummary(manifest), history: manifest.historyKeys)
        } else {
            self.state = .unusable(name: listing.name)
        }
    }

    init(place: ImagePlace, stamp: UInt64?, state: State) {
        self.place = place
        self.stamp = stamp
        self.state = state
    }
}
