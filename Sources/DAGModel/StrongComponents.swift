/// Strongly connected components after Tarjan, with a stack of its own instead of the machine's; O(V + E).
struct StrongComponents {
    private let successors: Adjacency
    private var index: [Int]
    private var low: [Int]
    private var component: [Int]
    private var stack: [Int] = []
    private var counter = 0
    private var components = 0

    /// The number of the component that each vertex is in. A vertex that is on no cycle is alone in its own.
    static func find(vertices: Int, successors: Adjacency) -> [Int] {
        var search = StrongComponents(vertices: vertices, successors: successors)
        for vertex in 0..<vertices where search.index[vertex] < 0 { search.visit(vertex) }
        return search.component
    }

    private init(vertices: Int, successors: Adjacency) {
        self.successors = successors
        self.index = Array(repeating: -1, count: vertices)
        self.low = self.index
        self.component = self.index
    }

    private mutating func visit(_ root: Int) {
        var frames = [(vertex: root, next: self.successors[root].startIndex)]
        self.enter(root)
        while let frame = frames.last {
            let edges = self.successors[frame.vertex]
            guard frame.next < edges.endIndex else {
                frames.removeLast()
                self.leave(frame.vertex)
                if let parent = frames.last?.vertex {
                    self.low[parent] = min(self.low[parent], self.low[frame.vertex])
                }
                continue
            }
            let target = Int(edges[frame.next])
            frames[frames.count - 1].next += 1
            if self.index[target] < 0 {
                self.enter(target)
                frames.append((target, self.successors[target].startIndex))
            } else if self.component[target] < 0 {
                self.low[frame.vertex] = min(self.low[frame.vertex], self.index[target])
            }
        }
    }

    private mutating func enter(_ vertex: Int) {
        self.index[vertex] = self.counter
        self.low[vertex] = self.counter
        self.counter += 1
        self.stack.append(vertex)
    }

    /// A vertex from which nothing older can be reached closes a component.
    private mutating func leave(_ vertex: Int) {
        guard self.low[vertex] == self.index[vertex] else { return }
        while let member = self.stack.popLast() {
            self.component[member] = self.components
            if member == vertex { break }
        }
        self.components += 1
    }
}
