import LibXML

extension RequestReader {
    /// Reads the parameters of an action, and notes its references.
    mutating func parameters(_ place: ElementCursor, of id: String, scope: Int) -> [Parameter] {
        var names: Set<String> = []
        return place.children("parameter").compactMap { child in
            guard let name = child.element["name"] else { return nil }
            if !names.insert(name).inserted {
                self.report(
                    .duplicateName,
                    "parameter '\(name)' is given twice",
                    expected: "one <parameter> a name",
                    at: child
                )
            }
            if name.hasPrefix("VMSHOP_") {
                self.report(
                    .badParameter,
                    "parameter '\(name)' begins with VMSHOP_",
                    expected: "another name: those are set by the plant",
                    at: child
                )
            }
            let value = self.value(child, of: id, scope: scope)
            return Parameter(name: name, value: value, secret: child.element["secret"] == "yes")
        }
    }

    private mutating func value(_ place: ElementCursor, of id: String, scope: Int) -> Parameter.Value {
        guard let from = place.element["from"] else { return .literal(place.element.text) }
        if !place.word.isEmpty {
            self.report(
                .badParameter,
                "the parameter has both a value and a reference",
                expected: "either text or from=\"…\"",
                at: place
            )
        }
        // Ids may contain dots, names of outputs may not: the last dot divides.
        guard let dot = from.lastIndex(of: ".") else { return .literal("") }
        let target = String(from[..<dot])
        let output = String(from[from.index(after: dot)...])
        self.references.append(Reference(place: place, scope: scope, action: id, target: target, output: output))
        return .attribute(action: target, name: output)
    }

    /// Checks that the operation exists, runs where it is told to, and has what it needs.
    mutating func checkOperation(_ action: Action, scope: Int, at place: ElementCursor) {
        guard case .named(let name) = action.operation else {
            if action.site == .host {
                self.report(
                    .wrongSite,
                    "a script cannot run on the host",
                    expected: "run=\"guest\", or an operation",
                    at: place
                )
            }
            return
        }
        guard let entry = OperationCatalog.entries[name] else {
            self.report(
                .unknownOperation,
                "there is no operation '\(name.prefix(64))'",
                expected: "one of \(OperationCatalog.names.joined(separator: ", "))",
                at: place
            )
            return
        }
        if entry.site != action.site {
            self.report(
                .wrongSite,
                "operation '\(name)' runs on the \(entry.site.rawValue), not on the \(action.site.rawValue)",
                expected: "run=\"\(entry.site.rawValue)\"",
                at: place
            )
        }
        self.check(action, against: entry, scope: scope, at: place)
    }
}
