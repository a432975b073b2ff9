import DAGModel
import FoundationEssentials
import Glibc
import SeededRandom

/// Finding the images that fit a graph: the trie against a look at every image, from a thousand images to a million.
///
/// Images come in families, each of the histories that belong to one graph; a warehouse that grows has more families.
struct MatchBenchmark: Benchmark {
    let name = "match"

    /// What was measured among a number of images.
    private struct Figures {
        var median: Double
        var ninetyNinth: Double
        /// How many times longer a look at every image takes.
        var timesFaster: Double
        var bytesOfPrefix: Double
    }

    private static let imagesOfFamily = 25
    /// Requests that are asked of each warehouse.
    private static let asked = 2000
    /// Requests that are also answered by looking at every image.
    private static let scanned = 20

    func run() async throws -> [BenchmarkLine] {
        print("match: which images' histories fit a graph of 10 to 200 actions")
        var all: [Figures] = []
        for images in [1000, 10_000, 100_000, 1_000_000] { all.append(try run(images: images)) }
        guard let small = all.first, let large = all.last else { return [] }
        let growth = large.median / small.median
        return [
            BenchmarkLine(
                "match: p99 at 10^6",
                ours: format(large.ninetyNinth * 1e6) + " us",
                target: "< 100 us",
                isMet: large.ninetyNinth < 100e-6
            ),
            BenchmarkLine(
                "match: at 10^6",
                ours: format(large.median * 1e6) + " us",
                against: "a look at every image",
                ratio: format(large.timesFaster),
                target: ">= 200",
                isMet: large.timesFaster >= 200
            ),
            BenchmarkLine(
                "match: memory of a prefix",
                ours: format(large.bytesOfPrefix) + " B",
                target: "< 120 B",
                isMet: large.bytesOfPrefix < 120
            ),
            BenchmarkLine(
                "match: 10^6 beside 10^3",
                ours: format(large.median * 1e6) + " us",
                against: format(small.median * 1e6) + " us",
                ratio: format(growth),
                target: "<= 3, 10^3 times the images",
                isMet: growth <= 3
            ),
        ]
    }

    private func run(images: Int) throws -> Figures {
        let families = (0..<images / Self.imagesOfFamily).map { ActionFamily(seed: UInt64($0)) }
        var random = SeededGenerator(seed: UInt64(images))
        let histories = (0..<images).map { families[$0 % families.count].history(&random) }
        var trie = HistoryTrie()
        let before = residentBytes()
        let building = seconds {
            for (image, history) in histories.enumerated() { trie.insert(image, history: history) }
        }
        let bytes = Double(residentBytes() - before) / Double(trie.prefixes)
        print(
            "  \(images) images, \(trie.prefixes) prefixes"
                + (images >= 100_000 ? " of \(format(bytes)) bytes" : "") + ", built in \(format(building)) s"
        )
        let graphs = try (0..<Self.asked).map { try families[$0 % families.count].graph() }
        let times = walks(graphs, trie)
        let timesFaster = try scans(Array(graphs.prefix(Self.scanned)), trie, histories)
        return Figures(
            median: times.median,
            ninetyNinth: times.quantile(0.99),
            timesFaster: timesFaster,
            bytesOfPrefix: bytes
        )
    }

    private func walks(_ graphs: [Graph], _ trie: HistoryTrie) -> [Double] {
        var times: [Double] = []
        var visited = 0
        var found = 0
        for graph in graphs {
            let weights = graph.actions.map { _ in 1.0 }
            var matches: HistoryTrieMatches?
            times.append(seconds { matches = trie.matches(of: graph, weights: weights) })
            visited += matches?.visited ?? 0
            found += matches?.found.count ?? 0
        }
        print(
            "    trie: median \(format(times.median * 1e6)) µs, p99 \(format(times.quantile(0.99) * 1e6)) µs;"
                + " \(visited / graphs.count) prefixes seen, \(found / graphs.count) images found"
        )
        return times
    }

    /// Both ways in turns; they have to find the same number of images.
    private func scans(_ graphs: [Graph], _ trie: HistoryTrie, _ histories: [[ActionKey]]) throws -> Double {
        var ratios: [Double] = []
        var times: [Double] = []
        for graph in graphs {
            let scan = NaiveScan(graph)
            let weights = graph.actions.map { _ in 1.0 }
            var scanned = 0
            var walked = 0
            let slow = seconds { scanned = scan.count(histories) }
            let fast = (0..<5).map { _ in seconds { walked = trie.matches(of: graph, weights: weights).found.count } }
                .median
            guard scanned == walked else { throw Disagreement(scanned: scanned, walked: walked) }
            times.append(slow)
            ratios.append(slow / fast)
        }
        print(
            "    look at every image: median \(format(times.median * 1e6)) µs, \(format(ratios.median)) times as long"
        )
        return ratios.median
    }
}

/// The two ways must find the same images, or the figures mean nothing.
private struct Disagreement: Error, CustomStringConvertible {
    var scanned: Int
    var walked: Int
    var description: String { "a look at every image finds \(scanned) images, the trie \(walked)" }
}

/// The obvious way, done well: the graph's keys in one table, and each image given up at its first step that does not fit.
private struct NaiveScan {
    private var indexOfKey: [ActionKey: Int] = [:]
    private var predecessors: [[Int]]

    init(_ graph: Graph) {
        predecessors = []
        for (index, action) in graph.actions.enumerated() { indexOfKey[action.key] = index }
        for action in graph.actions {
            predecessors.append(graph.predecessors(of: action.id).compactMap { indexOfKey[$0.key] })
        }
    }

    func count(_ histories: [[ActionKey]]) -> Int {
        var done = [Bool](repeating: false, count: predecessors.count)
        var count = 0
        for history in histories {
            var steps = 0
            for key in history {
                guard let index = indexOfKey[key], !done[index], predecessors[index].allSatisfy({ done[$0] }) else {
                    break
                }
                done[index] = true
                steps += 1
            }
            if steps == history.count { count += 1 }
            for key in history.prefix(steps) { if let index = indexOfKey[key] { done[index] = false } }
        }
        return count
    }
}

/// A graph in layers, and histories that belong to it: most are beginnings of an order of the graph, some have a step
/// that is foreign to it.
struct ActionFamily {
    private let seed: UInt64
    /// The actions of each layer; those of one layer do not depend on each other.
    private let layers: [Range<Int>]
    private let keys: [ActionKey]

    private static let longestHistory = 24

    init(seed: UInt64) {
        self.seed = seed
        var random = SeededGenerator(seed: 1000 + seed)
        let count = Int.random(in: 10...200, using: &random)
        var layers: [Range<Int>] = []
        while (layers.last?.upperBound ?? 0) < count {
            let begin = layers.last?.upperBound ?? 0
            layers.append(begin..<min(count, begin + Int.random(in: 1...3, using: &random)))
        }
        self.layers = layers
        // The keys that a history can have.
        keys = (0..<min(count, Self.longestHistory + 3)).map { Self.action($0, of: seed).key }
    }

    private static func action(_ index: Int, of seed: UInt64) -> Action {
        Action(id: "a\(index)", operation: .script("step \(index) of \(seed)"))
    }

    func graph() throws -> Graph {
        let actions = (0..<count).map { Self.action($0, of: seed) }
        let edges = zip(layers, layers.dropFirst()).flatMap { before, after in
            after.flatMap { to in before.map { Edge(from: actions[$0].id, to: actions[to].id) } }
        }
        return try Graph(actions: actions, edges: edges)
    }

    /// How many actions its graph has.
    var count: Int { layers.last?.upperBound ?? 0 }

    func history(_ random: inout SeededGenerator) -> [ActionKey] { steps(&random).map(\.key) }

    /// A history with the ids of its steps.
    func steps(_ random: inout SeededGenerator) -> [(id: String, key: ActionKey)] {
        let length = Int.random(in: 1...Self.longestHistory, using: &random)
        var history: [(id: String, key: ActionKey)] = []
        for layer in layers {
            for index in layer.shuffled(using: &random) where history.count < length {
                history.append(("a\(index)", keys[index]))
            }
            guard history.count < length else { break }
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            let foreign = Action(id: "x", operation: .script("foreign \(UInt64.random(in: 0..<50, using: &random))"))
            history[Int.random(in: 0..<history.count, using: &random)] = ("x", foreign.key)
        }
        return history
    }
}
