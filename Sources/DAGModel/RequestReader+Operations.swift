import LibXML

extension RequestReader {
    /// An `attach-disk` whose serial the document says.
    struct AttachedDisk {
        var serial: String
        var scope: Int
        var action: String
        var place: ElementCursor
    }

    /// Checks what an operation is given, and what is expected of it.
    mutating func check(_ action: Action, against entry: OperationCatalog.Entry, scope: Int, at place: ElementCursor) {
        let given = Set(action.parameters.map(\.name))
        for name in entry.required where !given.contains(name) {
            self.report(
                .missingParameter,
                "operation '\(entry.name)' needs parameter '\(name)'",
                expected: "<parameter name=\"\(name)\">…</parameter>",
                at: place
            )
        }
        self.checkParameters(action, entry, at: place)
        self.checkOutputs(action, entry, at: place)
        if entry.name == "attach-disk" { self.checkDisk(action, scope: scope, at: place) }
    }

    private mutating func checkParameters(_ action: Action, _ entry: OperationCatalog.Entry, at place: ElementCursor) {
        let known = entry.required + entry.optional
        let places = Self.places("parameter", in: place)
        for parameter in action.parameters {
            let place = places[parameter.name] ?? place
            guard known.contains(parameter.name) else {
                self.report(
                    .unknownParameter,
                    "operation '\(entry.name)' has no parameter '\(parameter.name)'",
                    expected: "one of \(known.joined(separator: ", "))",
                    at: place
                )
                continue
            }
            guard case .literal(let text) = parameter.value else { continue }
            if let expected = entry.expectation(of: parameter.name, against: text) {
                self.reportValue(of: parameter, expected: expected, at: place)
            }
        }
    }

    private mutating func checkOutputs(_ action: Action, _ entry: OperationCatalog.Entry, at place: ElementCursor) {
        let places = Self.places("output", in: place)
        for output in action.outputs where !entry.outputs.contains(output.name) {
            self.report(
                .unknownOutput,
                "operation '\(entry.name)' does not publish '\(output.name)'",
                expected: "one of \(entry.outputs.joined(separator: ", "))",
                at: places[output.name] ?? place
            )
        }
    }

    private mutating func reportValue(of parameter: Parameter, expected: String, at place: ElementCursor) {
        self.report(.badParameter, "parameter \(parameter) has no meaning here", expected: expected, at: place)
    }

    /// The children of an element by their name attribute.
    private static func places(_ element: String, in place: ElementCursor) -> [String: ElementCursor] {
        Dictionary(
            place.children(element).map { ($0.element["name"] ?? "", $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }
}

extension OperationCatalog.Entry {
    /// What a parameter would have to be, nil if it can be the text.
    fileprivate func expectation(of parameter: String, against text: String) -> String? {
        if let choices = self.choices[parameter] {
            return choices.contains(text) ? nil : "one of \(choices.joined(separator: ", "))"
        }
        let needsText = self.required.contains(parameter) && !self.mayBeEmpty.contains(parameter)
        return needsText && text.allSatisfy(\.isWhitespace) ? "a value" : nil
    }
}

// MARK: - Disks

extension RequestReader {
    private mutating func checkDisk(_ action: Action, scope: Int, at place: ElementCursor) {
        let places = Self.places("parameter", in: place)
        if let size = action.parameters.first(where: { $0.name == "SIZE" }), case .literal(let text) = size.value,
            !DataDisk.isSize(text)
        {
            self.reportValue(of: size, expected: DataDisk.sizeForm, at: places["SIZE"] ?? place)
        }
        guard let parameter = action.parameters.first(where: { $0.name == "SERIAL" }) else {
            return self.claimID(of: action, scope: scope, at: place)
        }
        guard case .literal(let serial) = parameter.value else { return }
        guard DataDisk.isSerial(serial) else {
            return self.reportValue(of: parameter, expected: DataDisk.serialForm, at: places["SERIAL"] ?? place)
        }
        self.disks.append(AttachedDisk(serial: serial, scope: scope, action: action.id, place: place))
    }

    /// Without a serial the disk has the id of its action as one, which must be fit for that.
    private mutating func claimID(of action: Action, scope: Int, at place: ElementCursor) {
        guard DataDisk.isSerial(action.id) else {
            return self.report(
                .missingParameter,
                "the id '\(action.id)' cannot be the serial of the disk",
                expected: "<parameter name=\"SERIAL\">…</parameter>: \(DataDisk.serialForm)",
                at: place
            )
        }
        self.disks.append(AttachedDisk(serial: action.id, scope: scope, action: action.id, place: place))
    }

    /// Checks that no two disks have one serial: the second would be taken for the first, and not be made.
    ///
    /// An action of a recovery may attach what the action that it recovers could not.
    mutating func checkSerials() {
        var first: [String: AttachedDisk] = [:]
        for disk in self.disks {
            guard let other = first.updateValue(first[disk.serial] ?? disk, forKey: disk.serial) else { continue }
            if self.recovers(disk, other) || self.recovers(other, disk) { continue }
            self.report(
                .duplicateSerial,
                "actions '\(other.action)' and '\(disk.action)' attach a disk of the serial '\(disk.serial)'",
                expected: "a SERIAL of its own for each disk",
                at: disk.place
            )
        }
    }

    /// Whether a disk is attached in the recovery, or in a recovery within it, of the action that attaches another.
    private func recovers(_ disk: AttachedDisk, _ other: AttachedDisk) -> Bool {
        var scope = disk.scope
        while let outer = self.scopes[scope].outer {
            if outer == (other.scope, other.action) { return true }
            scope = outer.scope
        }
        return false
    }
}
