import LibXML

extension RequestReader {
    /// Checks every `from`: its action exists, declares the output, and is finished before it is asked.
    ///
    /// An action of a recovery may also refer to what comes before the action that it recovers.
    mutating func checkReferences() {
        var queries: [Int: [(query: AncestorQueries.Query, reference: Reference)]] = [:]
        for reference in self.references {
            guard let (scope, descendant) = self.home(of: reference) else {
                self.report(
                    .unknownReference,
                    "'\(reference.target)' is no action that this one could refer to",
                    expected: "the id of an action that comes before '\(reference.action)'",
                    at: reference.place
                )
                continue
            }
            let check = self.scopes[scope].check
            guard let ancestor = check.indices[reference.target] else { continue }
            self.checkOutput(reference, of: Declarer(scope: scope, index: ancestor))
            guard let from = check.indices[descendant] else { continue }
            queries[scope, default: []].append((.init(descendant: from, ancestor: ancestor), reference))
        }
        for (scope, asked) in queries.sorted(by: { $0.key < $1.key }) {
            self.checkAncestors(asked, in: self.scopes[scope].check)
        }
    }

    /// The graph that has the target, from the inside out, and the action there that must come after it.
    private func home(of reference: Reference) -> (scope: Int, descendant: String)? {
        var scope = reference.scope
        var descendant = reference.action
        while self.scopes[scope].check.indices[reference.target] == nil {
            guard let outer = self.scopes[scope].outer else { return nil }
            (scope, descendant) = outer
        }
        return (scope, descendant)
    }

    private mutating func checkOutput(_ reference: Reference, of declarer: Declarer) {
        let action = self.scopes[declarer.scope].check.actions[declarer.index]
        // Many references may name one action of many outputs: to search those for each would be quadratic.
        let names = self.declared[declarer] ?? Set(action.outputs.map(\.name))
        self.declared[declarer] = names
        guard !names.contains(reference.output) else { return }
        let declared = action.outputs.prefix(20).map(\.name).joined(separator: ", ")
        self.report(
            .unknownOutput,
            "action '\(action.id)' declares no output '\(reference.output)'",
            expected: declared.isEmpty
                ? "<output name=\"\(reference.output)\"/> in '\(action.id)'" : "one of \(declared)",
            at: reference.place
        )
    }

    private mutating func checkAncestors(
        _ asked: [(query: AncestorQueries.Query, reference: Reference)],
        in check: GraphCheck
    ) {
        // With a cycle there is no before and after; that it is there is known already.
        guard check.order.count == check.actions.count else { return }
        let answers = AncestorQueries(order: check.order, predecessors: check.predecessors).answer(asked.map(\.query))
        for (index, isAncestor) in answers.enumerated() where !isAncestor {
            let reference = asked[index].reference
            self.report(
                .notAncestor,
                "action '\(reference.target)' need not be finished before '\(reference.action)' begins",
                expected: "an action that edges lead from, to '\(reference.action)'",
                at: reference.place
            )
        }
    }
}
