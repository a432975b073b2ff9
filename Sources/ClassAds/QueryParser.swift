/// Reads a query by recursive descent: `or` of `and` of (negated) comparisons or parentheses.
struct QueryParser {
    /// Parentheses and negations may be nested this deep; the parser recurses once for each.
    static let maximumDepth = 64

    private var tokens: [(token: QueryToken, column: Int)]
    private var index = 0
    private var depth = 0

    init(_ text: String) throws(QueryError) {
        var lexer = QueryLexer(text)
        tokens = try lexer.tokens()
    }

    mutating func parse() throws(QueryError) -> Query.Expression {
        let expression = try disjunction()
        guard token == .end else { throw mistake("expected && or || or the end of the query here") }
        return expression
    }

    private var token: QueryToken { tokens[index].token }

    private func mistake(_ message: String) -> QueryError {
        QueryError(message: message, column: tokens[index].column)
    }

    private mutating func disjunction() throws(QueryError) -> Query.Expression {
        var operands = [try conjunction()]
        while token == .or {
            index += 1
            operands.append(try conjunction())
        }
        return operands.count == 1 ? operands[0] : .or(operands)
    }

    private mutating func conjunction() throws(QueryError) -> Query.Expression {
        var operands = [try operand()]
        while token == .and {
            index += 1
            operands.append(try operand())
        }
        return operands.count == 1 ? operands[0] : .and(operands)
    }

    private mutating func operand() throws(QueryError) -> Query.Expression {
        guard depth < Self.maximumDepth else { throw mistake("nested deeper than \(Self.maximumDepth)") }
        depth += 1
        defer { depth -= 1 }
        switch token {
        case .not:
            index += 1
            return .not(try operand())
        case .open:
            index += 1
            let inner = try disjunction()
            guard token == .close else { throw mistake("expected `)` here") }
            index += 1
            return inner
        default:
            return try comparison()
        }
    }

    private mutating func comparison() throws(QueryError) -> Query.Expression {
        let left = try term()
        guard case .comparison(let relation) = token else {
            // A name alone is a boolean attribute; a literal alone says nothing.
            if case .name = left { return .compare(left, .equal, .literal(.boolean(true))) }
            throw mistake("expected a comparison (== != < <= > >=) after the value")
        }
        index += 1
        return .compare(left, relation, try term())
    }

    private mutating func term() throws(QueryError) -> Query.Term {
        defer { index += 1 }
        switch token {
        case .name(let name): return .name(name)
        case .literal(let value): return .literal(value)
        case .end:
            index -= 1
            throw QueryError(message: "the query ends where a value was expected", column: tokens[index + 1].column)
        default: throw mistake("expected an attribute's name or a value here")
        }
    }
}
