import LibXML

extension RequestReader {
    /// The ids that stand for the two ends of every graph.
    static let reservedIDs: Set<String> = ["start", "finish"]

    /// Reads one action, with its key; nil if it has no id, which the schema has complained of.
    mutating func action(_ place: ElementCursor, scope: Int) -> (action: Action, key: ActionKey)? {
        guard let id = place.element["id"] else { return nil }
        self.claim(id, at: place)
        let action = Action(
            id: id,
            site: place.element["run"].flatMap(Action.Site.init(rawValue:)) ?? .guest,
            operation: self.operation(place),
            parameters: self.parameters(place, of: id, scope: scope),
            instance: place.element["instance"],
            timeout: self.duration("timeout", of: place) ?? Action.defaultTimeout,
            onError: self.errorPolicy(place, of: id, scope: scope),
            outputs: self.outputs(place),
            checkpoint: place.element["checkpoint"] == "yes"
        )
        self.checkOperation(action, scope: scope, at: place)
        self.checkCheckpoint(action, at: place)
        let key = action.key
        self.claim(key, of: action, at: place)
        return (action, key)
    }

    private mutating func claim(_ id: String, at place: ElementCursor) {
        if Self.reservedIDs.contains(id) {
            self.report(
                .reservedID,
                "no action can be called '\(id)'",
                expected: "another id: 'start' and 'finish' are the ends of the graph",
                at: place
            )
        }
        guard !self.ids.insert(id).inserted else { return }
        self.report(
            .duplicateID,
            "two actions have the id '\(id)'",
            expected: "an id that no other action of the document has",
            at: place
        )
    }

    private mutating func claim(_ key: ActionKey, of action: Action, at place: ElementCursor) {
        guard let other = self.keys.updateValue(action.id, forKey: key), other != action.id else { return }
        self.report(
            .duplicateKey,
            "actions '\(other)' and '\(action.id)' are the same step: same operation and parameters",
            expected: "one of them only, or instance=\"2\" on the second if it is wanted twice",
            at: place
        )
    }

    /// What a host action makes is not on the disk of the machine; what is given a secret would tell it to whoever starts
    /// from the image.
    private mutating func checkCheckpoint(_ action: Action, at place: ElementCursor) {
        guard action.checkpoint else { return }
        if action.site == .host {
            self.report(
                .work,
                "no image can be made after '\(action.id)': it is done on the host, outside the machine's disk",
                expected: "checkpoint=\"yes\" on a guest action",
                at: place
            )
        }
        if action.parameters.contains(where: \.secret) {
            self.report(
                .work,
                "no image is made after '\(action.id)': it is given a secret, which the image would hold",
                expected: "checkpoint=\"yes\" on an action before it, or no secret",
                at: place
            )
        }
    }

    /// Exactly one of script and operation. Anything will do after a complaint.
    private mutating func operation(_ place: ElementCursor) -> Operation {
        let scripts = place.children("script")
        let name = place.element["operation"]
        if scripts.count > 1 {
            self.report(.structure, "the action has \(scripts.count) scripts", expected: "one <script>", at: scripts[1])
        }
        if (scripts.isEmpty) == (name == nil) {
            self.report(
                .work,
                scripts.isEmpty ? "the action does nothing" : "the action has both a script and an operation",
                expected:
                    "either <script> or operation=\"…\" (one of \(OperationCatalog.names.joined(separator: ", ")))",
                at: place
            )
        }
        if let script = scripts.first, script.word.isEmpty, name == nil {
            self.report(.work, "the script is empty", expected: "commands in <script>, or operation=\"…\"", at: script)
        }
        return name.map { .named($0) } ?? .script(scripts.first?.element.text ?? "")
    }

    private mutating func outputs(_ place: ElementCursor) -> [Output] {
        var names: Set<String> = []
        return place.children("output").compactMap { child in
            guard let name = child.element["name"] else { return nil }
            // Names of attributes are the same in any case.
            self.checkOutput(name, isNew: names.insert(name.lowercased()).inserted, at: child)
            return Output(
                name: name,
                type: child.element["type"].flatMap(Output.Kind.init(rawValue:)) ?? .string,
                required: child.element["required"] != "no"
            )
        }
    }

    private mutating func checkOutput(_ name: String, isNew: Bool, at place: ElementCursor) {
        if !isNew {
            self.report(
                .duplicateName,
                "output '\(name)' is declared twice",
                expected: "one <output> a name, whatever its case",
                at: place
            )
        }
        guard Output.isReserved(name) else { return }
        let isWord = Output.queryWords.contains(name.lowercased())
        self.report(
            .reservedOutput,
            isWord
                ? "no query could ask for an output called '\(name)'"
                : "output '\(name)' would hide an attribute that every machine has",
            expected: "another name than " + (Output.standardAttributes + Output.queryWords).joined(separator: ", "),
            at: place
        )
    }

    private mutating func errorPolicy(_ place: ElementCursor, of id: String, scope: Int) -> ErrorPolicy {
        let policies = place.children("on-error")
        if policies.count > 1 {
            self.report(
                .structure,
                "the action has \(policies.count) error policies",
                expected: "one <on-error>",
                at: policies[1]
            )
        }
        guard let policy = policies.first else { return ErrorPolicy() }
        var then = Resolution.abort
        if policy.first("continue") != nil { then = .continue }
        if let recover = policy.first("recover") {
            then = .recover(self.recovery(recover, of: id, scope: scope))
        }
        return ErrorPolicy(retry: policy.first("retry").flatMap { self.retry($0) }, then: then)
    }

    // Recursion: recoveries within recoveries, which the limit on the depth of elements bounds.
    private mutating func recovery(_ place: ElementCursor, of id: String, scope: Int) -> Graph {
        let graph = self.graph(in: place, outer: (scope, id))
        if let graph, graph.actions.isEmpty {
            self.report(
                .structure,
                "the recovery has no actions",
                expected: "at least one <action>, or <continue/>",
                at: place
            )
        }
        return graph ?? Graph()
    }

    private mutating func retry(_ place: ElementCursor) -> Retry? {
        guard let times = place.element["times"].flatMap({ Int($0.filter { !$0.isWhitespace }) }) else { return nil }
        let backoff = place.element["backoff"].flatMap { Double($0.filter { !$0.isWhitespace }) }
        return Retry(
            times: times,
            delay: self.duration("delay", of: place) ?? .seconds(1),
            backoff: backoff ?? 1
        )
    }
}
