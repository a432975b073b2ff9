/// Rows of text in aligned columns.
struct Table {
    private var rows: [[String]]

    /// A table with the given heads.
    init(_ heads: String...) { rows = [heads.map { $0.uppercased() }] }

    /// Adds a row; what is missing at its end is empty.
    mutating func add(_ cells: String...) { rows.append(cells.map(Self.oneLine)) }

    /// Whether there is nothing but the heads.
    var isEmpty: Bool { rows.count == 1 }

    /// The table as lines; no line ends in blanks.
    var text: String {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                if column < row.count - 1 { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
            }
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }

    private static func oneLine(_ cell: String) -> String {
        Terminal.clean(cell.split(whereSeparator: { $0.isNewline || $0 == "\t" }).joined(separator: " "))
    }
}
