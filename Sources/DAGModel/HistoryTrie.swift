/// The sequences of actions that made images, so that all images that fit a graph are found without looking at the
/// others: every prefix of a sequence is a node.
///
/// An image is known by a number of the caller's. In memory a prefix takes about 40 bytes, however long its keys are.
/// ``matches(of:weights:limit:)`` walks from the root along actions that may run next, so it finds exactly the images
/// that pass the three tests of ``Graph/match(_:)``.
public struct HistoryTrie: Sendable {
    typealias Node = UInt32

    static let root: Node = 0
    static let none = UInt32.max

    private(set) var keys = KeyNumbers()
    private(set) var edges = NumberTable()
    private(set) var nodes = [PrefixNode()]
    /// The images of one node are a list: where the next is, by the place of an image.
    private var places: [EntryPlace] = []
    private var placeOfEntry: [Int: UInt32] = [:]
    private var freePlaces: [UInt32] = []

    /// A trie of no images.
    public init() {}

    /// How many images it holds.
    public var count: Int { self.placeOfEntry.count }

    /// How many prefixes it holds, the empty one included.
    public var prefixes: Int { self.nodes.count }

    /// Adds an image, or gives one that is there another history.
    ///
    /// - Parameters:
    ///   - entry: The image's number.
    ///   - history: What made it, in the order in which it was done.
    public mutating func insert(_ entry: Int, history: some Sequence<ActionKey>) {
        self.remove(entry)
        var node = Self.root
        for key in history { node = self.child(of: node, by: self.keys.number(adding: key)) }
        self.link(entry, to: node)
    }

    /// Takes an image out; fine when it is not there. The prefixes stay: their number is bounded by what was ever put in.
    public mutating func remove(_ entry: Int) {
        guard let place = self.placeOfEntry.removeValue(forKey: entry) else { return }
        let removed = self.places[Int(place)]
        if removed.previous == Self.none {
            self.nodes[Int(removed.node)].firstEntry = removed.next
        } else {
            self.places[Int(removed.previous)].next = removed.next
        }
        if removed.next != Self.none { self.places[Int(removed.next)].previous = removed.previous }
        self.freePlaces.append(place)
    }

    /// Whether a node has images of its own.
    func hasEntries(_ node: Node) -> Bool { self.nodes[Int(node)].firstEntry != Self.none }

    /// The images of a node.
    func forEachEntry(of node: Node, _ body: (Int) -> Void) {
        var place = self.nodes[Int(node)].firstEntry
        while place != Self.none {
            body(self.places[Int(place)].entry)
            place = self.places[Int(place)].next
        }
    }

    /// The child of a node by the number of a key.
    func child(of node: Node, key: UInt32) -> Node? {
        self.edges.find(hash: PrefixNode.hash(parent: node, key: key)) {
            self.nodes[Int($0)].parent == node && self.nodes[Int($0)].key == key
        }
    }

    private mutating func child(of node: Node, by key: UInt32) -> Node {
        if let child = self.child(of: node, key: key) { return child }
        let child = Node(self.nodes.count)
        let sibling = self.nodes[Int(node)].firstChild
        self.nodes.append(PrefixNode(parent: node, key: key, nextSibling: sibling))
        self.nodes[Int(node)].firstChild = child
        self.nodes[Int(node)].children += 1
        let nodes = self.nodes
        self.edges.insert(child, hash: nodes[Int(child)].hash) { nodes[Int($0)].hash }
        return child
    }

    private mutating func link(_ entry: Int, to node: Node) {
        let next = self.nodes[Int(node)].firstEntry
        let place = self.freePlaces.popLast() ?? UInt32(self.places.count)
        let made = EntryPlace(entry: entry, node: node, previous: Self.none, next: next)
        if Int(place) == self.places.count { self.places.append(made) } else { self.places[Int(place)] = made }
        if next != Self.none { self.places[Int(next)].previous = place }
        self.nodes[Int(node)].firstEntry = place
        self.placeOfEntry[entry] = place
    }
}

/// A prefix of histories.
struct PrefixNode: Sendable {
    var parent = HistoryTrie.none
    var key = HistoryTrie.none
    var firstChild = HistoryTrie.none
    var nextSibling = HistoryTrie.none
    var children: UInt32 = 0
    var firstEntry = HistoryTrie.none

    var hash: UInt64 { Self.hash(parent: self.parent, key: self.key) }

    static func hash(parent: UInt32, key: UInt32) -> UInt64 {
        // Fibonacci hashing of both numbers; the table takes the upper bits.
        (UInt64(parent) << 32 | UInt64(key)) &* 0x9E37_79B9_7F4A_7C15
    }
}

/// Where an image hangs in the trie.
private struct EntryPlace: Sendable {
    var entry: Int
    var node: UInt32
    var previous: UInt32
    var next: UInt32
}
