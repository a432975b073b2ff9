/// A picture as SVG: no scripts, no fonts from elsewhere, readable on light and dark ground.
struct GraphSVG {
    private static let widthOfLetter = 7.4
    private static let height = 44.0
    private static let distance = 84.0
    private static let margin = 20.0

    private let picture: GraphPicture
    private let layout: LayeredLayout

    init(_ picture: GraphPicture) {
        self.picture = picture
        let widths = picture.boxes.map { box in
            Double(max(box.title.count, box.detail.count, 8)) * Self.widthOfLetter + 24
        }
        layout = LayeredLayout(widths: widths, arrows: picture.arrows)
    }

    /// The whole document.
    var text: String {
        let width = layout.width + 2 * Self.margin
        let height = Double(max(0, layout.layers.count - 1)) * Self.distance + Self.height + 2 * Self.margin
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Self.number(width))\" height=\"\(Self.number(height))\" "
                + "viewBox=\"\(Self.number(-width / 2)) 0 \(Self.number(width)) \(Self.number(height))\">",
            Self.style,
            "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
                + "orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" class=\"head\"/></marker></defs>",
        ]
        lines += layout.ways.map(arrow)
        lines += picture.boxes.indices.map(box)
        return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    private static let style = """
        <style>
          text { font: 13px ui-monospace, Menlo, Consolas, monospace; text-anchor: middle; fill: #1b1f24 }
          .detail { font-size: 11px; fill: #59636e }
          rect { stroke: #59636e; fill: #ffffff }
          .reused rect { stroke: #1a7f37; fill: #dafbe1 }
          .start rect, .finish rect { stroke: #0550ae; fill: #ddf4ff }
          .arrow { stroke: #7d8590; fill: none; stroke-width: 1.3 }
          .head { fill: #7d8590 }
        </style>
        """

    private func box(_ index: Int) -> String {
        let box = picture.boxes[index]
        let item = layout.items[index]
        let top = top(of: item)
        let x = Self.number(item.x)
        let title = box.mark == .reused ? "\u{2713} " + box.title : box.title
        let y = box.detail.isEmpty ? top + 27 : top + 19
        var text = "<g class=\"\(Self.name(of: box.mark))\"><rect x=\"\(Self.number(item.x - item.width / 2))\" "
        text +=
            "y=\"\(Self.number(top))\" width=\"\(Self.number(item.width))\" height=\"\(Self.number(Self.height))\" rx=\"6\"/>"
        text += "<text x=\"\(x)\" y=\"\(Self.number(y))\">\(Self.escape(title))</text>"
        if !box.detail.isEmpty {
            text += "<text class=\"detail\" x=\"\(x)\" y=\"\(Self.number(top + 35))\">\(Self.escape(box.detail))</text>"
        }
        return text + "</g>"
    }

    private func arrow(_ way: [Int]) -> String {
        let items = way.map { layout.items[$0] }
        guard let first = items.first, let last = items.last else { return "" }
        var points = [(first.x, top(of: first) + Self.height)]
        points += items.dropFirst().dropLast().map { ($0.x, top(of: $0) + Self.height / 2) }
        points.append((last.x, top(of: last)))
        var path = "M\(Self.number(points[0].0)) \(Self.number(points[0].1))"
        for (from, to) in zip(points, points.dropFirst()) {
            let middle = Self.number((from.1 + to.1) / 2)
            let x = Self.number(to.0)
            path += "C\(Self.number(from.0)) \(middle) \(x) \(middle) \(x) \(Self.number(to.1))"
        }
        return "<path class=\"arrow\" marker-end=\"url(#head)\" d=\"\(path)\"/>"
    }

    private func top(of item: LayeredLayout.Item) -> Double { Self.margin + Double(item.layer) * Self.distance }

    private static func name(of mark: GraphPicture.Mark) -> String {
        switch mark {
        case .start: "start"
        case .finish: "finish"
        case .left: "left"
        case .reused: "reused"
        }
    }

    private static func number(_ value: Double) -> String {
        let rounded = (value * 10).rounded() / 10
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }

    static func escape(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
    }
}
