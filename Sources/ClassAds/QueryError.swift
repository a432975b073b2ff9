/// Why a query could not be read.
public struct QueryError: Error, Sendable, Hashable, Codable, CustomStringConvertible {
    /// What was wrong, and what was expected there.
    public var message: String
    /// The column of the mistake, counted in characters from 1.
    public var column: Int

    /// A mistake at a column.
    public init(message: String, column: Int) {
        self.message = message
        self.column = column
    }

    /// The column and the message.
    public var description: String { "column \(column): \(message)" }
}
