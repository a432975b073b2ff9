import ArgumentParser
import DAGModel
import Warehouse

extension ImagePublish {
    /// The actions that were done on the image, in their order.
    func performed() throws -> [PerformedAction] {
        guard let history else {
            guard published.isEmpty else { throw ValidationError("--published goes with --history") }
            return []
        }
        do {
            let order = try RequestParser().parse(DocumentFile.read(history)).graph.order()
            var outputs = try recorded()
            let actions = order.map { action in
                PerformedAction(action, outputs: outputs.removeValue(forKey: action.id) ?? [:])
            }
            guard let unknown = outputs.keys.min() else { return actions }
            throw ValidationError("--published names `\(unknown)`, which is no action of \(history)")
        } catch let error as RequestError {
            throw CommandFailure(message: "\(history):\n\(error)", exitCode: 65)
        }
    }

    /// What actions published, by action and name. Ids may contain dots, names may not: the last dot divides.
    private func recorded() throws -> [String: [String: String]] {
        try published.reduce(into: [:]) { outputs, text in
            guard let equals = text.firstIndex(of: "="), let dot = text[..<equals].lastIndex(of: "."),
                dot > text.startIndex, text.index(after: dot) < equals
            else { throw ValidationError("--published wants ACTION.NAME=VALUE, not `\(text)`") }
            let name = String(text[text.index(after: dot)..<equals])
            outputs[String(text[..<dot]), default: [:]][name] = String(text[text.index(after: equals)...])
        }
    }
}
