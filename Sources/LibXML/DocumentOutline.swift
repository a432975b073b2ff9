/// Where each element of a document is: what the scan saw, in document order.
///
/// libxml2 keeps no columns and, in its trees, no lines beyond 65 535. The i-th start tag is the i-th element of the
/// tree, so the outline supplies both, and paths as well.
struct DocumentOutline {
    /// One start tag.
    struct Start {
        var position: XMLPosition
        var name: Range<Int>
        var end: Int
        var parent: Int
        var depth: Int
    }

    /// Names are there to be shown: of one that has more bytes, the beginning will do.
    static let longestName = 100

    private(set) var starts: [Start] = []
    private let bytes: [UInt8]

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func append(_ start: Start) {
        self.starts.append(start)
    }

    /// Says where the tag of the last start ends, which is known only after its attributes.
    mutating func closeLastTag(at end: Int) {
        self.starts[self.starts.count - 1].end = end
    }

    /// The elements directly in an element.
    func children(of index: Int) -> [Int] {
        let rest = self.starts.indices.dropFirst(index + 1)
        return rest.prefix { self.starts[$0].depth > self.starts[index].depth }.filter {
            self.starts[$0].parent == index
        }
    }

    /// The innermost element around an offset that has at most the given number of ancestors and itself open.
    func element(at offset: Int, openElements: Int) -> Int? {
        var low = 0
        var high = self.starts.count
        while low < high {
            let middle = (low + high) / 2
            if self.starts[middle].name.lowerBound <= offset { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        var index = low - 1
        if offset <= self.starts[index].end { return index }
        while self.starts[index].depth > max(1, openElements) { index = self.starts[index].parent }
        return index
    }

    /// The name of an element as it is written, without prefix; a long one is cut short.
    func name(of index: Int) -> String {
        let written = self.bytes[self.starts[index].name]
        let start = written.firstIndex(of: UInt8(ascii: ":")).map { $0 + 1 } ?? written.startIndex
        return String(decoding: written[start...], as: UTF8.self)
    }

    /// Paths of elements, numbered where siblings share a name. One pass over the outline, whatever the number asked
    /// for.
    func paths(of indices: Set<Int>) -> [Int: String] {
        var wanted: Set<Int> = []
        for index in indices {
            var index = index
            while index >= 0, wanted.insert(index).inserted { index = self.starts[index].parent }
        }
        let parents = Set(wanted.map { self.starts[$0].parent })
        var counts: [Sibling: Int] = [:]
        var ordinals: [Int: (Sibling, Int)] = [:]
        for (index, start) in self.starts.enumerated() where parents.contains(start.parent) {
            let sibling = Sibling(parent: start.parent, name: self.name(of: index))
            counts[sibling, default: 0] += 1
            if wanted.contains(index) { ordinals[index] = (sibling, counts[sibling, default: 1]) }
        }
        var paths: [Int: String] = [:]
        for index in wanted.sorted() {
            guard let (sibling, ordinal) = ordinals[index] else { continue }
            let number = counts[sibling, default: 1] > 1 ? "[\(ordinal)]" : ""
            paths[index] = (paths[sibling.parent] ?? "") + "/" + sibling.name + number
        }
        return paths
    }

    /// The path of one element.
    func path(of index: Int) -> String {
        self.paths(of: [index])[index] ?? "/"
    }

    private struct Sibling: Hashable {
        var parent: Int
        var name: String
    }
}
