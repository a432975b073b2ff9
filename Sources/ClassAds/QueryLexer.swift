/// A piece of a query's text.
enum QueryToken: Hashable {
    case name(String)
    case literal(AttributeValue)
    case comparison(Query.Comparison)
    case and, or, not, open, close, end
}

/// Cuts a query's text into tokens.
struct QueryLexer {
    private let characters: [Character]
    private var index = 0

    init(_ text: String) { characters = Array(text) }

    /// Every token with its column, `end` last.
    mutating func tokens() throws(QueryError) -> [(token: QueryToken, column: Int)] {
        var found: [(token: QueryToken, column: Int)] = []
        while true {
            while index < characters.count, characters[index].isWhitespace { index += 1 }
            let column = index + 1
            let token = try next()
            found.append((token, column))
            if token == .end { return found }
        }
    }

    private mutating func next() throws(QueryError) -> QueryToken {
        guard index < characters.count else { return .end }
        let character = characters[index]
        if character == "\"" { return try string() }
        if character.isASCII, character.isNumber || character == "-" { return try number() }
        if character.isASCII, character.isLetter || character == "_" { return name() }
        for (text, token) in Self.operators where characters[index...].starts(with: text) {
            index += text.count
            return token
        }
        throw QueryError(
            message: "unexpected `\(character)`; expected a name, a value or one of == != < <= > >= && || ! ( )",
            column: index + 1
        )
    }

    // Longest first, so that `<=` is not read as `<`.
    private static let operators: [(String, QueryToken)] = [
        ("==", .comparison(.equal)), ("!=", .comparison(.notEqual)), ("<=", .comparison(.lessOrEqual)),
        (">=", .comparison(.greaterOrEqual)), ("&&", .and), ("||", .or), ("<", .comparison(.less)),
        (">", .comparison(.greater)), ("=", .comparison(.equal)), ("!", .not), ("(", .open), (")", .close),
    ]

    private mutating func string() throws(QueryError) -> QueryToken {
        let start = index
        index += 1
        var text = ""
        while index < characters.count {
            let character = characters[index]
            index += 1
            if character == "\"" { return .literal(.string(text)) }
            if character == "\\", index < characters.count {
                text.append(characters[index])
                index += 1
            } else {
                text.append(character)
            }
        }
        throw QueryError(message: "this string has no closing quotation mark", column: start + 1)
    }

    private mutating func number() throws(QueryError) -> QueryToken {
        let start = index
        index += 1
        while index < characters.count, characters[index].isNumber || "+-.eE".contains(characters[index]) {
            index += 1
        }
        let text = String(characters[start..<index])
        if let value = Int(text) { return .literal(.integer(value)) }
        if let value = Double(text), value.isFinite { return .literal(.real(value)) }
        throw QueryError(message: "`\(text)` is not a number", column: start + 1)
    }

    private mutating func name() -> QueryToken {
        let start = index
        while index < characters.count, characters[index].isASCII,
            characters[index].isLetter || characters[index].isNumber || "_.".contains(characters[index])
        {
            index += 1
        }
        let text = String(characters[start..<index])
        switch text.lowercased() {
        case "true": return .literal(.boolean(true))
        case "false": return .literal(.boolean(false))
        default: return .name(text)
        }
    }
}
