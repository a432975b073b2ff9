/// A picture in the language of Graphviz (https://graphviz.org/doc/info/lang.html).
enum GraphDOT {
    static func text(of picture: GraphPicture) -> String {
        var lines = [
            "digraph request {", "  rankdir=TB;", "  node [shape=box, style=\"rounded,filled\", fillcolor=white];",
        ]
        for (index, box) in picture.boxes.enumerated() {
            let label = box.detail.isEmpty ? quoted(box.title) : quoted(box.title + "\n" + box.detail)
            lines.append("  n\(index) [label=\(label)\(attributes(of: box.mark))];")
        }
        for arrow in picture.arrows { lines.append("  n\(arrow.from) -> n\(arrow.to);") }
        return (lines + ["}"]).joined(separator: "\n") + "\n"
    }

    private static func attributes(of mark: GraphPicture.Mark) -> String {
        switch mark {
        case .left: ""
        case .reused: ", fillcolor=\"#dafbe1\", color=\"#1a7f37\""
        case .start, .finish: ", fillcolor=\"#ddf4ff\", color=\"#0550ae\""
        }
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.reduce(into: "") { escaped, character in
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.append(character)
            }
        }
        return "\"" + escaped + "\""
    }
}
