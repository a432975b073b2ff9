import ShopAPI

/// An error of the service as people read it: what failed, the places, the output, what to do.
enum ErrorText {
    /// Prints an error to standard error.
    static func print(_ error: ServiceError) {
        Terminal.complain("\(error.message) [\(error.code.rawValue)]")
        for line in details(error) { Terminal.note(line) }
        if let hint = error.hint { Terminal.note("hint: " + hint) }
    }

    /// The lines below the message.
    static func details(_ error: ServiceError) -> [String] {
        var lines = (error.diagnostics ?? []).map { "  \($0)" }
        for refusal in error.refusals ?? [] {
            lines += refusal.reasons.map { "  \(refusal.plant): \($0)" }
        }
        if let action = error.action, let output = action.output {
            lines.append("  output of `\(action.id)`:")
            lines += output.split(separator: "\n", omittingEmptySubsequences: false).map { "    | \($0)" }
        }
        return lines
    }
}
