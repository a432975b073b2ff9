import DAGModel
import LibXML
import SeededRandom
import Testing

@Suite("Properties of generated requests")
struct PropertyTests {
    @Test("what is written canonically is read back as it was", arguments: 0..<200)
    func roundTrip(_ seed: Int) throws {
        var generator = RequestGenerator(seed: seed)
        let request = try generator.request()
        let text = request.canonicalXML
        let again = try parse(text)
        #expect(again == request)
        #expect(again.canonicalXML == text)
        #expect(again.digest == request.digest)
        #expect(again.graph.order().map(\.id) == request.graph.order().map(\.id))
    }

    @Test("an order has every action once, after all its predecessors, whatever came first", arguments: 0..<100)
    func order(_ seed: Int) throws {
        var generator = RequestGenerator(seed: seed)
        let graph = try generator.graph(depth: 0)
        let order = graph.order().map(\.id)
        #expect(Set(order).count == graph.actions.count && order.count == graph.actions.count)
        let place = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
        for edge in graph.edges { #expect(place[edge.from] ?? 0 < place[edge.to] ?? 0) }
        let shuffled = try Graph(actions: graph.actions, edges: graph.edges.shuffled(using: &generator.random))
        #expect(shuffled.order() == graph.order())
        for action in graph.actions {
            #expect(Set(graph.ancestors(of: action.id).map(\.id)) == reference(action.id, graph.edges))
        }
    }

    /// Ancestors by repeated joining.
    private func reference(_ id: String, _ edges: [Edge]) -> Set<String> {
        var found: Set<String> = []
        while true {
            let more = edges.filter { ($0.to == id || found.contains($0.to)) && !found.contains($0.from) }.map(\.from)
            if more.isEmpty { return found }
            found.formUnion(more)
        }
    }

    @Test("references are accepted exactly where a path leads", arguments: 0..<60)
    func references(_ seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        let count = 12
        var edges: [Edge] = []
        for from in 0..<count {
            for to in (from + 1)..<count where Int.random(in: 0..<8, using: &generator) == 0 {
                edges.append(Edge(from: "a\(from)", to: "a\(to)"))
            }
        }
        var wrong: Set<String> = []
        let actions = (0..<count).map { index in
            let targets = (0..<count).shuffled(using: &generator).prefix(3)
            for target in targets where !reference("a\(index)", edges).contains("a\(target)") {
                wrong.insert("\(index) \(target)")
            }
            return script(
                "a\(index)",
                "<output name='o'/>" + targets.map { "<parameter name='P\($0)' from='a\($0).o'/>" }.joined()
            )
        }
        let text = document(actions: actions, edges: edges.map { "\($0.from)-\($0.to)" }.joined(separator: " "))
        do throws(RequestError) {
            _ = try parse(text)
            #expect(wrong.isEmpty)
        } catch {
            #expect(error.diagnostics.allSatisfy { $0.code == "request.not-ancestor" })
            #expect(error.diagnostics.count == wrong.count)
        }
    }

    @Test("a document cut off at any byte is refused")
    func truncation() {
        let bytes = Array(fullDocument.utf8)
        let end = bytes.lastIndex(of: UInt8(ascii: ">")) ?? 0
        for length in 0...end {
            #expect(throws: RequestError.self, "\(length) bytes") { try RequestParser().parse(Array(bytes[..<length])) }
        }
    }

    @Test("no bytes whatever make it crash", arguments: 0..<20)
    func mutations(_ seed: Int) {
        var generator = SeededGenerator(seed: seed)
        let words = fullDocument.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
        for _ in 0..<30 {
            var changed = words
            for _ in 0..<3 {
                let (from, to) = (
                    words.indices.randomElement(using: &generator) ?? 0,
                    words.indices.randomElement(using: &generator) ?? 0
                )
                if Bool.random(using: &generator) { changed.swapAt(from, to) } else { changed[from] = words[to] }
            }
            do throws(RequestError) {
                let request = try parse(changed.joined(separator: "\""))
                #expect((try? parse(request.canonicalXML)) == request)
            } catch {
                #expect(!error.diagnostics.isEmpty)
                for found in error.diagnostics {
                    #expect(
                        found.line > 0 && found.column > 0 && found.path.hasPrefix("/") && found.expected != nil,
                        "\(found)"
                    )
                }
            }
        }
    }
}
