/// The name of a job's directory: `NNNN-<action>`, the order of the job and the action that it carries out.
public struct JobName: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    /// The order of the job in its machine, from 1.
    public let sequence: Int
    /// The id of the action.
    public let action: String

    /// Names a job.
    ///
    /// - Throws: ``NetStoreError`` `.invalid` for a number outside 1…99999 or an action that is not
    ///   `[A-Za-z_][A-Za-z0-9_.-]{0,63}`: it becomes a file name.
    public init(sequence: Int, action: String) throws(NetStoreError) {
        // The guest's runner looks at names of four and five digits.
        guard (1...99_999).contains(sequence) else {
            throw NetStoreError(.invalid, "a job's number lies in 1…99999, not \(sequence)")
        }
        try NameRules.check(action, "action id", limit: 64) {
            NameRules.isLetter($0) || $0 == NameRules.underscore
        } rest: {
            NameRules.isAlphanumeric($0) || [NameRules.underscore, NameRules.dot, NameRules.dash].contains($0)
        }
        self.sequence = sequence
        self.action = action
    }

    /// The directory's name.
    public var description: String {
        let digits = String(sequence)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "-" + action
    }

    /// By order.
    public static func < (left: JobName, right: JobName) -> Bool {
        (left.sequence, left.action) < (right.sequence, right.action)
    }
}
