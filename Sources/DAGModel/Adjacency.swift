/// The edges of a graph by index: for each vertex its neighbours, in two flat arrays.
///
/// Built in O(V + E), with duplicates dropped by whoever builds it. Neighbours keep the order of the edges.
struct Adjacency: Sendable {
    private var offsets: [Int32]
    private var targets: [Int32]

    /// No vertices.
    init() {
        self.offsets = [0]
        self.targets = []
    }

    /// Edges from `sources[i]` to `targets[i]`.
    init(vertices: Int, sources: [Int32], targets: [Int32]) {
        var offsets = [Int32](repeating: 0, count: vertices + 1)
        for source in sources { offsets[Int(source) + 1] += 1 }
        for vertex in 0..<vertices { offsets[vertex + 1] += offsets[vertex] }
        var next = offsets
        var sorted = [Int32](repeating: 0, count: sources.count)
        for (source, target) in zip(sources, targets) {
            sorted[Int(next[Int(source)])] = target
            next[Int(source)] += 1
        }
        self.offsets = offsets
        self.targets = sorted
    }

    /// The neighbours of a vertex.
    subscript(vertex: Int) -> ArraySlice<Int32> {
        self.targets[Int(self.offsets[vertex])..<Int(self.offsets[vertex + 1])]
    }

    /// All vertices that can be reached from the given ones, these included.
    func reachable(from starts: some Sequence<Int>) -> [Bool] {
        var seen = [Bool](repeating: false, count: self.offsets.count - 1)
        var pending: [Int] = []
        for start in starts where !seen[start] {
            seen[start] = true
            pending.append(start)
        }
        while let vertex = pending.popLast() {
            for next in self[vertex] where !seen[Int(next)] {
                seen[Int(next)] = true
                pending.append(Int(next))
            }
        }
        return seen
    }
}
