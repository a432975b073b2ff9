import Foundation
import LibXML
import Testing
import VMShopTesting

@Suite("vmshop dag graph")
struct GraphCommandTests {
    private static let samples: [String] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "samples/dags").path()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.filter { $0.hasSuffix(".xml") }.map { root + "/" + $0 }
    }()

    @Test("draws every sample: a box for each action, every arrow downwards, no two boxes over each other")
    func samples() async throws {
        #expect(!Self.samples.isEmpty)
        for sample in Self.samples {
            let order = try await Tool.vmshop.run("validate", sample, "-o", "json")
            let report = try JSONSerialization.jsonObject(with: Data(order.output.utf8)) as? [[String: Any]]
            let actions = try #require(report?.first?["order"] as? [String])
            let run = try await Tool.vmshop.run("dag", "graph", sample)
            #expect(run.exitCode == 0, "\(run.errors)")
            let drawing = try Drawing(run.output)
            #expect(drawing.boxes.count == actions.count + 2, "\(sample): start and finish are boxes, too")
            for action in actions { #expect(drawing.titles.contains(action), "\(sample): \(action)") }
            for arrow in drawing.arrows { #expect(arrow.begin < arrow.end, "\(sample)") }
            for (index, box) in drawing.boxes.enumerated() {
                for other in drawing.boxes[..<index] { #expect(!box.intersects(other), "\(sample)") }
            }
        }
    }

    @Test("an action after which an image is made says so", arguments: ["svg", "dot"])
    func checkpoint(format: String) async throws {
        let document = """
            <request xmlns="urn:vmshop:request:1"><client domain="d"/><start><hardware/></start><actions>
            <action id="x" checkpoint="yes"><script>true</script></action>
            <action id="y"><script>false</script></action></actions></request>
            """
        let run = try await Tool.vmshop.run("dag", "graph", "-o", format, "-", input: document)
        #expect(run.output.split(separator: "then an image is made").count == 2, "\(run.errors)")
    }

    @Test("names that mean something to SVG or Graphviz are only names")
    func hostileNames() async throws {
        let document = """
            <request xmlns="urn:vmshop:request:1"><client domain="a&lt;b&gt;&amp;&quot;c"/><start/>
            <actions><action id="x"><script>true</script></action></actions></request>
            """
        let svg = try await Tool.vmshop.run("dag", "graph", "-", input: document)
        if svg.exitCode == 0 {
            _ = try Drawing(svg.output)
            let dot = try await Tool.vmshop.run("dag", "graph", "-", "-o", "dot", input: document)
            #expect(dot.output.contains(#"a<b>&\"c"#))
        } else {
            #expect(svg.exitCode == 65)
        }
    }

    @Test("Graphviz gets a node for each box and an edge for each arrow")
    func dot() async throws {
        let document = String(decoding: Documents.machine(actions: ["a", "b"]), as: UTF8.self)
        let run = try await Tool.vmshop.run("dag", "graph", "-", "-o", "dot", input: document)
        #expect(
            run.lines.filter { $0.contains("->") }.map { $0.trimmingCharacters(in: .whitespaces) }.sorted() == [
                "n0 -> n1;", "n1 -> n2;", "n2 -> n3;",
            ]
        )
        #expect(run.output.hasPrefix("digraph request {\n") && run.output.hasSuffix("}\n"))
    }

    @Test("a document with a mistake is not drawn; the mistake is shown with its place")
    func invalid() async throws {
        let run = try await Tool.vmshop.run("dag", "graph", "-", input: "<request/>")
        #expect(run.exitCode == 65)
        #expect(run.output.isEmpty)
        #expect(run.errors.contains("-:1:"))
    }

    @Test("a plan needs a service")
    func noService() async throws {
        let document = String(decoding: Documents.machine(actions: ["a"]), as: UTF8.self)
        let run = try await Tool.vmshop.run(
            "dag",
            "graph",
            "-",
            "--plan",
            "--url",
            "http://127.0.0.1:1",
            input: document
        )
        #expect(run.exitCode == 69)
    }
}

/// What an SVG of a graph shows.
private struct Drawing {
    struct Box {
        var x: Double, y: Double, width: Double, height: Double

        func intersects(_ other: Box) -> Bool {
            x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height
        }
    }

    var boxes: [Box] = []
    var titles: [String] = []
    var arrows: [(begin: Double, end: Double)] = []

    /// - Throws: When the text is not well-formed XML, or an attribute is missing.
    init(_ svg: String) throws {
        let root = try XMLParser().parse(Array(svg.utf8))
        for element in root.children {
            switch element.name {
            case "g":
                for child in element.children {
                    if child.name == "rect" { boxes.append(try Self.box(child)) } else { titles.append(child.text) }
                }
            case "path":
                let numbers = (element["d"] ?? "").split { !$0.isNumber && $0 != "." && $0 != "-" }.compactMap {
                    Double($0)
                }
                arrows.append((try #require(numbers.dropFirst().first), try #require(numbers.last)))
            default: break
            }
        }
    }

    private static func box(_ element: XMLElement) throws -> Box {
        func number(_ name: String) throws -> Double { try #require(element[name].flatMap { Double($0) }) }
        return Box(x: try number("x"), y: try number("y"), width: try number("width"), height: try number("height"))
    }
}
