/// Places for the boxes of an acyclic picture: layers from top to bottom, so that every arrow leads down.
///
/// The usual steps (Sugiyama, Tagawa, Toda: "Methods for Visual Understanding of Hierarchical System Structures", 1981):
/// a layer for each box by its longest way from the top, bends where an arrow passes a layer, and an order within the
/// layers by the mean place of the neighbours.
struct LayeredLayout {
    /// Something with a place: a box, or the bend of an arrow.
    struct Item {
        var layer: Int
        var width: Double
        /// The middle, in the units of the widths.
        var x = 0.0
    }

    /// The boxes first, in their order, then the bends.
    private(set) var items: [Item]
    /// For each arrow the items it goes through, its ends included.
    private(set) var ways: [[Int]] = []
    /// The items of each layer from left to right.
    private(set) var layers: [[Int]] = []

    private static let gap = 28.0
    private static let widthOfBend = 8.0
    private static let sweeps = 8

    /// - Parameters:
    ///   - widths: The width of each box.
    ///   - arrows: From which box to which; without a cycle.
    init(widths: [Double], arrows: [(from: Int, to: Int)]) {
        let layer = Self.longestWays(widths.count, arrows)
        items = zip(widths, layer).map { Item(layer: $1, width: $0) }
        for arrow in arrows { ways.append(bend(arrow)) }
        layers = Array(repeating: [], count: (layer.max() ?? -1) + 1)
        for index in items.indices { layers[items[index].layer].append(index) }
        order()
        place()
    }

    /// The width of the widest layer.
    var width: Double { layers.map(width(of:)).max() ?? 0 }

    /// How far each box is from the top, over the longest way. Iterative: a chain may have thousands.
    private static func longestWays(_ count: Int, _ arrows: [(from: Int, to: Int)]) -> [Int] {
        var layer = Array(repeating: 0, count: count)
        var missing = layer
        var next = Array(repeating: [Int](), count: count)
        for arrow in arrows {
            next[arrow.from].append(arrow.to)
            missing[arrow.to] += 1
        }
        var ready = missing.indices.filter { missing[$0] == 0 }
        while let box = ready.popLast() {
            for after in next[box] {
                layer[after] = max(layer[after], layer[box] + 1)
                missing[after] -= 1
                if missing[after] == 0 { ready.append(after) }
            }
        }
        return layer
    }

    private mutating func bend(_ arrow: (from: Int, to: Int)) -> [Int] {
        var way = [arrow.from]
        for layer in stride(from: items[arrow.from].layer + 1, to: items[arrow.to].layer, by: 1) {
            way.append(items.count)
            items.append(Item(layer: layer, width: Self.widthOfBend))
        }
        return way + [arrow.to]
    }

    private mutating func order() {
        var above = Array(repeating: [Int](), count: items.count)
        var below = above
        for way in ways {
            for (upper, lower) in zip(way, way.dropFirst()) {
                above[lower].append(upper)
                below[upper].append(lower)
            }
        }
        var rank = Array(repeating: 0.0, count: items.count)
        for layer in layers { for (place, item) in layer.enumerated() { rank[item] = Double(place) } }
        for sweep in 0..<Self.sweeps {
            let isDown = sweep.isMultiple(of: 2)
            for index in isDown ? Array(layers.indices) : layers.indices.reversed() {
                sort(index, by: isDown ? above : below, &rank)
            }
        }
    }

    private mutating func sort(_ index: Int, by neighbours: [[Int]], _ rank: inout [Double]) {
        let middle = layers[index].map { item -> Double in
            let near = neighbours[item]
            return near.isEmpty ? rank[item] : near.reduce(0) { $0 + rank[$1] } / Double(near.count)
        }
        // Stable, so that what is equal stays in the order of the document.
        let sorted = zip(layers[index], middle).enumerated().sorted {
            ($0.element.1, $0.offset) < ($1.element.1, $1.offset)
        }
        layers[index] = sorted.map(\.element.0)
        for (place, item) in layers[index].enumerated() { rank[item] = Double(place) }
    }

    private mutating func place() {
        for layer in layers {
            var x = -width(of: layer) / 2
            for item in layer {
                items[item].x = x + items[item].width / 2
                x += items[item].width + Self.gap
            }
        }
    }

    private func width(of layer: [Int]) -> Double {
        layer.reduce(0) { $0 + items[$1].width } + Self.gap * Double(max(0, layer.count - 1))
    }
}
