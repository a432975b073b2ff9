public import LibXML

/// One thing that is wrong with a request document.
public struct RequestDiagnostic: Sendable, Hashable, Codable, CustomStringConvertible {
    /// What kind of mistake: an `xml.…` code of ``XMLDiagnostic/Codes`` or a `request.…` code of ``RequestCode``.
    /// Stable.
    public var code: String
    /// What is wrong, in words.
    public var message: String
    /// What would have been right, in words.
    public var expected: String?
    /// The line of the element concerned, from 1.
    public var line: Int
    /// Its column, from 1.
    public var column: Int
    /// Its path, as `/request/actions/action[2]`.
    public var path: String

    /// Creates a diagnostic.
    public init(code: String, message: String, expected: String? = nil, line: Int, column: Int, path: String) {
        self.code = code
        self.message = message
        self.expected = expected
        self.line = line
        self.column = column
        self.path = path
    }

    /// Takes over what the XML room found.
    public init(_ diagnostic: XMLDiagnostic) {
        self.init(
            code: diagnostic.code,
            message: diagnostic.message,
            expected: diagnostic.expected,
            line: diagnostic.position.line,
            column: diagnostic.position.column,
            path: diagnostic.path
        )
    }

    /// `line:column: path: message; expected … [code]`.
    public var description: String {
        let wanted = self.expected.map { "; expected \($0)" } ?? ""
        return "\(self.line):\(self.column): \(self.path): \(self.message)\(wanted) [\(self.code)]"
    }
}

/// A request document that is not one, with everything that is wrong with it.
public struct RequestError: Error, Sendable, Hashable, Codable, CustomStringConvertible {
    /// All that is wrong, in document order, up to the limit of the parser; never empty.
    public var diagnostics: [RequestDiagnostic]

    /// Creates an error.
    public init(diagnostics: [RequestDiagnostic]) {
        self.diagnostics = diagnostics
    }

    /// One line a diagnostic.
    public var description: String { self.diagnostics.map(\.description).joined(separator: "\n") }
}

/// The codes of what only a request can have wrong. They are part of the contract with clients.
public enum RequestCode: String, Sendable, Hashable, Codable, CaseIterable {
    /// Something that is there twice or missing, where the schema cannot say so.
    case structure = "request.structure"
    /// Neither image nor hardware.
    case emptyStart = "request.empty-start"
    /// Requirements that are no condition.
    case badRequirements = "request.bad-requirements"
    /// A size or duration beyond what can be counted.
    case outOfRange = "request.out-of-range"
    /// More actions than the parser accepts.
    case tooManyActions = "request.too-many-actions"
    /// An id used twice.
    case duplicateID = "request.duplicate-id"
    /// An action called `start` or `finish`.
    case reservedID = "request.reserved-id"
    /// Two actions that are the same step.
    case duplicateKey = "request.duplicate-key"
    /// An edge that names no action.
    case danglingEdge = "request.dangling-edge"
    /// An edge from an action to itself.
    case selfLoop = "request.self-loop"
    /// Actions that wait for each other.
    case cycle = "request.cycle"
    /// An edge into `start` or out of `finish`.
    case terminalEdge = "request.terminal-edge"
    /// An action that cannot be reached from a `start` that has edges.
    case unreachable = "request.unreachable"
    /// An action that does not lead to a `finish` that has edges.
    case deadEnd = "request.dead-end"
    /// Neither script nor operation, or both.
    case work = "request.work"
    /// An operation that does not exist.
    case unknownOperation = "request.unknown-operation"
    /// Something that runs where it cannot.
    case wrongSite = "request.wrong-site"
    /// A parameter that the operation needs.
    case missingParameter = "request.missing-parameter"
    /// A parameter's name or value that is not allowed.
    case badParameter = "request.bad-parameter"
    /// A parameter or output given twice.
    case duplicateName = "request.duplicate-name"
    /// An output whose name every machine has already, or which no query can name.
    case reservedOutput = "request.reserved-output"
    /// A parameter that the operation does not know.
    case unknownParameter = "request.unknown-parameter"
    /// Two disks that would be attached under one serial.
    case duplicateSerial = "request.duplicate-serial"
    /// A `from` that names no action.
    case unknownReference = "request.unknown-reference"
    /// A `from` that names an action which need not come before.
    case notAncestor = "request.not-ancestor"
    /// An output that the operation does not publish, or a `from` that names one which the action does not declare.
    case unknownOutput = "request.unknown-output"
}
