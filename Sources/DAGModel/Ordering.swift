/// Orders of a directed graph, by index. Nothing here recurses: a chain of 10⁵ vertices is a request like any other.
enum Ordering {
    /// A linear extension: always the vertex with the lowest index of all that are free (Kahn's method with a heap).
    ///
    /// O((V + E) log V). Shorter than the number of vertices if there is a cycle.
    static func topological(vertices: Int, successors: Adjacency, predecessors: Adjacency) -> [Int] {
        var waiting = (0..<vertices).map { predecessors[$0].count }
        var free = IndexHeap()
        for vertex in 0..<vertices where waiting[vertex] == 0 { free.insert(vertex) }
        var order: [Int] = []
        order.reserveCapacity(vertices)
        while let vertex = free.removeLowest() {
            order.append(vertex)
            for next in successors[vertex] {
                waiting[Int(next)] -= 1
                if waiting[Int(next)] == 0 { free.insert(Int(next)) }
            }
        }
        return order
    }

    /// One cycle of each knot of cycles (strongly connected component), in order of their lowest vertex; O(V + E).
    ///
    /// A cycle is given as its vertices along the edges, beginning with one of them, without the return to it.
    static func cycles(vertices: Int, successors: Adjacency) -> [[Int]] {
        let component = StrongComponents.find(vertices: vertices, successors: successors)
        var sizes: [Int: Int] = [:]
        for number in component { sizes[number, default: 0] += 1 }
        var done: Set<Int> = []
        var cycles: [[Int]] = []
        for vertex in 0..<vertices where sizes[component[vertex], default: 0] > 1 {
            guard done.insert(component[vertex]).inserted else { continue }
            cycles.append(Self.cycle(from: vertex, in: component, successors))
        }
        return cycles
    }

    /// Walks inside a component until a vertex comes back.
    private static func cycle(from start: Int, in component: [Int], _ successors: Adjacency) -> [Int] {
        var path: [Int] = []
        var place: [Int: Int] = [:]
        var vertex = start
        while place[vertex] == nil {
            place[vertex] = path.count
            path.append(vertex)
            guard let next = successors[vertex].first(where: { component[Int($0)] == component[start] }) else { break }
            vertex = Int(next)
        }
        return Array(path[(place[vertex] ?? 0)...])
    }
}

/// A binary heap of indices, lowest first.
struct IndexHeap {
    private var items: [Int] = []

    mutating func insert(_ item: Int) {
        self.items.append(item)
        var child = self.items.count - 1
        while child > 0, self.items[child] < self.items[(child - 1) / 2] {
            self.items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeLowest() -> Int? {
        guard let lowest = self.items.first, let last = self.items.popLast() else { return nil }
        guard !self.items.isEmpty else { return lowest }
        self.items[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < self.items.count else { break }
            if child + 1 < self.items.count, self.items[child + 1] < self.items[child] { child += 1 }
            guard self.items[child] < self.items[parent] else { break }
            self.items.swapAt(child, parent)
            parent = child
        }
        return lowest
    }
}
