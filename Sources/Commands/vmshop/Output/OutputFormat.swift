import ArgumentParser
import ShopAPI

/// How an answer is printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    case table, json, xml
}

/// The option for it.
struct OutputOptions: ParsableArguments {
    @Option(name: [.customShort("o"), .long], help: "How the answer is printed: table, json or xml.")
    var output: OutputFormat = .table

    /// Prints a value: as it is for programs, by `table` for people.
    func print(_ value: some Encodable, root: String, table: () -> String) throws {
        switch output {
        case .table: Terminal.write(table())
        case .json: Terminal.write(try WireCoding.text(value, pretty: true), as: .json)
        case .xml: Terminal.write(try WireXML.text(value, root: root), as: .xml)
        }
    }
}
