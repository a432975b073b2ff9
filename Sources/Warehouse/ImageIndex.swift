import DAGModel

/// The images of a warehouse by place, by name and by what made them, so that those that fit a graph are found without
/// looking at the others.
///
/// A published image owns its name. Of those of `index.txt` with one name the first in the order of the lines does,
/// unless a published one has it; the others are known and never chosen.
struct ImageIndex: Sendable {
    /// What is kept of a place. The history of a published image is in the trie only.
    private struct Slot: Sendable {
        var place: ImagePlace
        var stamp: UInt64?
        var summary: ImageSummary?
        var name: String
        var history: [ActionKey] = []
        var isIndexed = false
    }

    private var slots: [Slot?] = []
    private var free: [Int] = []
    private var numbers: [ImagePlace: Int] = [:]
    private var trie = HistoryTrie()
    /// The places that `index.txt` names, in its order.
    private(set) var namedPlaces: [ImagePlace] = []

    /// Counts what was set and removed, so that who made something of all images knows when to make it anew.
    private(set) var changes = 0

    /// How many places are known.
    var count: Int { self.numbers.count }

    /// The number of places there ever were at a time; see ``place(at:)``.
    var slotCount: Int { self.slots.count }

    /// The place with a number, if it is in use: for whoever looks at one after the other.
    func place(at number: Int) -> ImagePlace? { self.slots[number]?.place }

    /// Everything that is known, in no order.
    var places: Dictionary<ImagePlace, Int>.Keys { self.numbers.keys }

    /// Whether something is known at a place.
    func holds(_ place: ImagePlace) -> Bool { self.numbers[place] != nil }

    /// The manifest's state at a place that can be used, as it was read.
    func stamp(ofUsable place: ImagePlace) -> UInt64? {
        guard let number = self.numbers[place], let slot = self.slots[number], slot.summary != nil else { return nil }
        return slot.stamp
    }

    /// The places of images that were saved while they ran.
    var savedPlaces: [ImagePlace] { self.slots.compactMap { $0?.summary?.saved == nil ? nil : $0?.place } }

    /// The names of published images that were made between two actions.
    var checkpointNames: [String] {
        self.slots.compactMap { slot in
            guard case .published(let name) = slot?.place, ImageName.isCheckpoint(name) else { return nil }
            return name
        }
    }

    /// Takes over what was found at a place, instead of what was known of it.
    mutating func set(_ entry: CatalogueEntry) {
        self.remove(entry.place)
        self.changes += 1
        var slot = Slot(place: entry.place, stamp: entry.stamp, name: entry.name)
        var keys: [ActionKey] = []
        if case .usable(let summary, let history) = entry.state {
            slot.summary = summary
            keys = history
        }
        if case .named = entry.place { slot.history = keys }
        let number = self.free.popLast() ?? self.slots.count
        if number == self.slots.count { self.slots.append(slot) } else { self.slots[number] = slot }
        self.numbers[entry.place] = number
        if case .published = entry.place, slot.summary != nil { self.enter(number, keys) }
    }

    /// Forgets a place.
    mutating func remove(_ place: ImagePlace) {
        guard let number = self.numbers.removeValue(forKey: place) else { return }
        self.changes += 1
        self.trie.remove(number)
        self.slots[number] = nil
        self.free.append(number)
    }

    /// Takes over which places `index.txt` names; those that it names no longer are forgotten, and returned.
    mutating func setNamed(_ places: [ImagePlace]) -> Set<ImagePlace> {
        var seen: Set<ImagePlace> = []
        let gone = Set(self.namedPlaces).subtracting(places)
        self.namedPlaces = places.filter { seen.insert($0).inserted }
        for place in gone { self.remove(place) }
        return gone
    }

    /// Settles which of the images of `index.txt` own their names, after something was set or removed.
    mutating func settleNames() {
        var taken: Set<String> = []
        for place in self.namedPlaces {
            guard let number = self.numbers[place], let slot = self.slots[number] else { continue }
            let isOwner = !self.holds(.published(slot.name)) && taken.insert(slot.name).inserted
            guard slot.summary != nil, isOwner != slot.isIndexed else { continue }
            if isOwner { self.enter(number, slot.history) } else { self.leave(number) }
        }
    }

    /// The image that owns a number, if it can be used.
    func image(_ number: Int) -> (place: ImagePlace, summary: ImageSummary)? {
        guard let slot = self.slots[number], let summary = slot.summary else { return nil }
        return (slot.place, summary)
    }

    /// The histories that pass the three tests on a graph, whatever the hardware of their images.
    func prefixes(of graph: Graph, weights: [Double]) -> [HistoryTriePrefix] {
        self.trie.prefixes(of: graph, weights: weights).found
    }

    /// The numbers of the images of a history.
    func forEachImage(of prefix: HistoryTriePrefix, _ body: (Int) -> Void) {
        self.trie.forEachEntry(of: prefix, body)
    }

    /// The first places for people: those published by name, then those of `index.txt` in its order. Of more published ones
    /// than that, some.
    func someOf(atMost limit: Int) -> [ImagePlace] {
        let published = self.slots.lazy.compactMap { slot -> String? in
            guard case .published(let name) = slot?.place else { return nil }
            return name
        }.prefix(max(limit, 1000))
        return Array((published.sorted().map(ImagePlace.published) + self.namedPlaces).prefix(limit))
    }

    private mutating func enter(_ number: Int, _ history: [ActionKey]) {
        self.trie.insert(number, history: history)
        self.slots[number]?.isIndexed = true
    }

    private mutating func leave(_ number: Int) {
        self.trie.remove(number)
        self.slots[number]?.isIndexed = false
    }
}
