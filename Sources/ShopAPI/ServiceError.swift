public import DAGModel

/// An error of the machine service: what failed, where, and what to do.
public struct ServiceError: Error, Sendable, Hashable, Codable {
    /// The code of the catalogue.
    public var code: ErrorCode
    /// What failed and where, in a sentence.
    public var message: String
    /// What to do about it, where there is something.
    public var hint: String?
    /// The mistakes of a request document, each with its place.
    public var diagnostics: [RequestDiagnostic]?
    /// Why each plant that was asked cannot take the machine.
    public var refusals: [Refusal]?
    /// The action that failed and the end of its output.
    public var action: ActionReport?

    /// Makes an error.
    public init(
        _ code: ErrorCode,
        _ message: String,
        hint: String? = nil,
        diagnostics: [RequestDiagnostic]? = nil,
        refusals: [Refusal]? = nil,
        action: ActionReport? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.diagnostics = diagnostics
        self.refusals = refusals
        self.action = action
    }
}

extension ServiceError: CustomStringConvertible {
    /// The code and the message, and the hint in parentheses.
    public var description: String { "\(code.rawValue): \(message)" + (hint.map { " (\($0))" } ?? "") }
}

extension ServiceError {
    /// The error of a request document that was refused.
    public init(_ error: RequestError) {
        let count = error.diagnostics.count
        self.init(
            .requestInvalid,
            "the request document has \(count) mistake\(count == 1 ? "" : "s")",
            hint: "`vmshop validate FILE` shows them with their places",
            diagnostics: error.diagnostics
        )
    }

    /// The error of an id that no machine has.
    public static func unknown(_ id: MachineID) -> ServiceError {
        ServiceError(.machineUnknown, "there is no machine \(id)", hint: "`vmshop list` shows the machines there are")
    }
}
