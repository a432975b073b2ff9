/// Turns what libxml2 says of schema violations into diagnostics that a person can act on.
struct SchemaViolations {
    let reports: [DiagnosticCollector.Report]
    /// How many more there were.
    let dropped: Int
    let outline: DocumentOutline
    let vocabulary: SchemaVocabulary

    /// At most so many diagnostics, with one more that says how many were left out.
    func diagnostics(limit: Int) -> [XMLDiagnostic] {
        let paths = self.outline.paths(of: Set(self.reports.compactMap(\.element)))
        let all = self.reports.map { self.diagnostic(of: $0, paths: paths) }
        return Self.capped(all, limit: limit, dropped: self.dropped)
    }

    private static func capped(_ all: [XMLDiagnostic], limit: Int, dropped: Int) -> [XMLDiagnostic] {
        guard all.count > limit || dropped > 0 else { return all }
        var kept = Array(all.prefix(limit))
        if var last = kept.last {
            let more = all.count - kept.count + dropped
            last.message = "and \(more) more violations of the schema"
            last.expected = "correct the ones above first"
            kept.append(last)
        }
        return kept
    }

    private func diagnostic(of report: DiagnosticCollector.Report, paths: [Int: String]) -> XMLDiagnostic {
        let words = SchemaMessage(self.plain(report.message))
        let path = report.element.flatMap { paths[$0] } ?? "/"
        let attribute = report.attribute ?? words.attribute
        let special = report.element.flatMap { self.wordsOnChildren(words, of: $0) }
        return XMLDiagnostic(
            code: XMLDiagnostic.Codes.schema,
            message: special?.message ?? words.message,
            expected: special?.expected ?? words.expected
                ?? self.expectation(of: words, attribute: attribute, path: path),
            position: report.element.map { self.outline.starts[$0].position } ?? .start,
            path: attribute.map { path + "/@" + $0 } ?? path
        )
    }

    /// Better words than libxml2's where a child is missing or there twice: it names optional ones as the cure.
    private func wordsOnChildren(_ words: SchemaMessage, of index: Int) -> (message: String, expected: String)? {
        let name = self.outline.name(of: index)
        if words.message.contains("Missing child element") {
            let there = Set(self.outline.children(of: index).map { self.outline.name(of: $0) })
            let missing = self.vocabulary.required[name, default: []].filter { !there.contains($0) }
            return missing.isEmpty ? nil : (words.message, missing.map { "<\($0)>" }.joined(separator: " and "))
        }
        let parent = self.outline.starts[index].parent
        guard words.message.hasSuffix("element is not expected"), parent >= 0,
            self.vocabulary.atMostOnce[self.outline.name(of: parent), default: []].contains(name),
            self.outline.children(of: parent).contains(where: { $0 < index && self.outline.name(of: $0) == name })
        else { return nil }
        return ("a second <\(name)>", "one <\(name)>")
    }

    /// What the schema has to say where libxml2's message does not.
    private func expectation(of words: SchemaMessage, attribute: String?, path: String) -> String {
        let element = words.element ?? ""
        if words.isUnknownAttribute {
            let known = self.vocabulary.attributes[element, default: []].map(\.name)
            return known.isEmpty ? "no attributes here" : "one of the attributes " + known.joined(separator: ", ")
        }
        if words.message.hasSuffix("element is not expected") { return self.children(beside: path) }
        if words.message.hasPrefix("Character content") { return "no text here, only elements" }
        if let type = words.type ?? self.vocabulary.type(of: element, attribute: attribute) {
            return self.vocabulary.types[type] ?? "a value of type \(type)"
        }
        return "what the schema allows here"
    }

    /// What may stand where an element is that may not.
    private func children(beside path: String) -> String {
        let parent = path.split(separator: "/").dropLast().last?.prefix { $0 != "[" } ?? ""
        let names = self.vocabulary.children[String(parent), default: []].map { "<\($0)>" }
        return names.isEmpty ? "no element here" : "at most " + names.joined(separator: ", ")
    }

    /// Names without `{namespace}`.
    private func plain(_ message: String) -> String {
        guard let namespace = self.vocabulary.targetNamespace else { return message }
        let mark = "{" + namespace + "}"
        return message.split(separator: mark, omittingEmptySubsequences: false).joined()
    }
}
