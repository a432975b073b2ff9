/// Answers many questions "must `ancestor` come before `descendant`?" about one graph.
///
/// A search for each question would be quadratic. Here 512 ancestors at a time are carried down the order as a bit set,
/// over that part of the order that the questions are about; most questions name a direct predecessor and cost nothing.
struct AncestorQueries {
    /// One question, about indices of actions.
    struct Query {
        var descendant: Int
        var ancestor: Int
    }

    private typealias Bits = SIMD8<UInt64>
    private static let batch = 512

    private let order: [Int]
    private let predecessors: Adjacency
    private let place: [Int]

    /// Prepares for questions about a graph with a complete topological order.
    init(order: [Int], predecessors: Adjacency) {
        self.order = order
        self.predecessors = predecessors
        var place = [Int](repeating: 0, count: order.count)
        for (index, vertex) in order.enumerated() { place[vertex] = index }
        self.place = place
    }

    /// The answers, in the order of the questions.
    func answer(_ queries: [Query]) -> [Bool] {
        var answers = queries.map { self.predecessors[$0.descendant].contains(Int32($0.ancestor)) }
        let open = queries.indices
            .filter { !answers[$0] && self.place[queries[$0].ancestor] < self.place[queries[$0].descendant] }
            .sorted { self.place[queries[$0].ancestor] < self.place[queries[$1].ancestor] }
        var carried = [Bits](repeating: .zero, count: open.isEmpty ? 0 : self.order.count)
        var start = 0
        while start < open.count {
            var bits: [Int: Int] = [:]
            var end = start
            while end < open.count {
                let ancestor = queries[open[end]].ancestor
                if bits[ancestor] == nil {
                    guard bits.count < Self.batch else { break }
                    bits[ancestor] = bits.count
                }
                end += 1
            }
            self.carry(bits, for: open[start..<end].map { queries[$0] }, into: &carried)
            for index in open[start..<end] {
                let bit = bits[queries[index].ancestor] ?? 0
                answers[index] = carried[self.place[queries[index].descendant]][bit / 64] >> UInt64(bit % 64) & 1 == 1
            }
            start = end
        }
        return answers
    }

    /// Fills, for each place between the first ancestor and the last descendant, which ancestors lead there.
    private func carry(_ bits: [Int: Int], for queries: [Query], into carried: inout [Bits]) {
        let first = queries.map { self.place[$0.ancestor] }.min() ?? 0
        let last = queries.map { self.place[$0.descendant] }.max() ?? -1
        guard first <= last else { return }
        for place in first...last {
            let vertex = self.order[place]
            var mine = Bits.zero
            for before in self.predecessors[vertex] where self.place[Int(before)] >= first {
                mine |= carried[self.place[Int(before)]]
            }
            if let bit = bits[vertex] { mine[bit / 64] |= 1 << UInt64(bit % 64) }
            carried[place] = mine
        }
    }
}
