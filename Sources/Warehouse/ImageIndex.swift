import DAGModel

/// The images that can be used, by name and by what made them, so that those that fit a graph are found without looking
/// at the others.
struct ImageIndex: Sendable {
    /// An image that fits a graph.
    struct Match: Sendable {
        let image: WarehouseImage
        /// What its history is worth: the sum of the weights of the actions that it has done.
        let weight: Double
    }

    /// Everything that is listed, in the list's order.
    private(set) var listings: [ImageListing] = []
    private var trie = HistoryTrie()
    private var numbers: [String: Int] = [:]
    private var images: [Int: WarehouseImage] = [:]
    private var nextNumber = 0

    /// An index of a list.
    init(_ listings: [ImageListing] = []) {
        self.update(listings)
    }

    /// Takes over a list. Only what is new, gone or changed costs more than a look.
    mutating func update(_ listings: [ImageListing]) {
        self.listings = listings
        var usable: [String: WarehouseImage] = [:]
        // Duplicates of a name are listed as unusable, so no two of these have one name.
        for listing in listings { if let image = listing.image { usable[image.manifest.name] = image } }
        for (name, number) in self.numbers where usable[name] != self.images[number] { self.remove(name, number) }
        for (name, image) in usable where self.numbers[name] == nil { self.add(name, image) }
    }

    /// The entry of that name.
    subscript(name: String) -> ImageListing? { self.listings.first { $0.name == name } }

    /// The images whose histories pass the three tests on a graph, whatever their hardware.
    ///
    /// - Parameters:
    ///   - graph: The graph.
    ///   - weights: What each action is worth, in the order of ``Graph/actions``.
    /// - Returns: The images, in no order, and whether the walk was ended before it had found all.
    func matches(of graph: Graph, weights: [Double]) -> (found: [Match], isCutOff: Bool) {
        let matches = self.trie.matches(of: graph, weights: weights)
        let found = matches.found.compactMap { match in
            self.images[match.entry].map { Match(image: $0, weight: match.weight) }
        }
        return (found, matches.isCutOff)
    }

    private mutating func remove(_ name: String, _ number: Int) {
        self.trie.remove(number)
        self.images[number] = nil
        self.numbers[name] = nil
    }

    private mutating func add(_ name: String, _ image: WarehouseImage) {
        self.numbers[name] = self.nextNumber
        self.images[self.nextNumber] = image
        self.trie.insert(self.nextNumber, history: image.manifest.historyKeys)
        self.nextNumber += 1
    }
}
