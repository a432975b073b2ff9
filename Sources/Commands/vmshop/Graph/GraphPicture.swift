import DAGModel
import ShopAPI

/// What is drawn of a request: its start, its actions, its finish, and what must come before what.
struct GraphPicture {
    /// A box.
    struct Box: Hashable {
        var title: String
        var detail: String
        var mark: Mark
    }

    /// What a box stands for.
    enum Mark: Hashable {
        case start, finish
        /// An action that has to be run.
        case left
        /// An action that the chosen image has done.
        case reused
    }

    /// The start first, then the actions in document order, then the finish.
    var boxes: [Box]
    /// From which box to which, by their places in ``boxes``.
    var arrows: [(from: Int, to: Int)]

    /// - Parameters:
    ///   - request: The request.
    ///   - reused: The ids of the actions that need not be run.
    ///   - image: The image that was chosen, if one was.
    init(_ request: Request, reused: Set<String> = [], image: String? = nil) {
        let actions = request.graph.actions
        let start = image ?? request.start.image
        boxes = [Box(title: start ?? "any image", detail: Self.hardware(request.start.hardware), mark: .start)]
        for action in actions {
            let mark = reused.contains(action.id) ? Mark.reused : .left
            boxes.append(Box(title: action.id, detail: Self.detail(of: action), mark: mark))
        }
        boxes.append(Box(title: "ready", detail: request.client.domain, mark: .finish))
        arrows = Self.arrows(actions, request.graph.edges)
    }

    /// The graph's edges, and those that tie what has nothing before or after it to start and finish.
    private static func arrows(_ actions: [Action], _ edges: [Edge]) -> [(from: Int, to: Int)] {
        var place: [String: Int] = [:]
        for (index, action) in actions.enumerated() { place[action.id] = index + 1 }
        let finish = actions.count + 1
        var arrows = edges.compactMap { edge -> (from: Int, to: Int)? in
            guard let from = place[edge.from], let to = place[edge.to] else { return nil }
            return (from, to)
        }
        let led = Set(arrows.map(\.to))
        let leading = Set(arrows.map(\.from))
        for index in 1..<finish where !led.contains(index) { arrows.append((0, index)) }
        for index in 1..<finish where !leading.contains(index) { arrows.append((index, finish)) }
        return actions.isEmpty ? [(0, finish)] : arrows
    }

    private static func hardware(_ hardware: Hardware) -> String {
        var words: [String] = []
        if let memory = hardware.memory { words.append("\(memory)") }
        if let cpus = hardware.cpus { words.append(cpus == 1 ? "1 CPU" : "\(cpus) CPUs") }
        if let disk = hardware.disk { words.append("disk \(disk)") }
        return words.joined(separator: ", ")
    }

    private static func detail(of action: Action) -> String {
        let work = action.operation.name
        let kept = action.checkpoint ? ", then an image is made" : ""
        let place = (action.site == .host ? "\(work), on the host" : work) + kept
        guard case .recover(let graph) = action.onError.then else { return place }
        return "\(place), recovers with \(graph.actions.count)"
    }
}
