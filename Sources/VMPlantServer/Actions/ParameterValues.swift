import ClassAds
import DAGModel
import ShopAPI

/// Resolves the parameters of an action: literals as they are, references from what earlier actions published.
struct ParameterValues {
    /// The values by name.
    var values: [String: String] = [:]
    /// The values that may not be told, the longest first.
    var secrets: [String] = []
    /// References to which there is no value.
    var missing: [String] = []

    init(_ parameters: [Parameter], reports: [ActionReport]) {
        for parameter in parameters {
            switch parameter.value {
            case .literal(let text):
                values[parameter.name] = text
            case .attribute(let action, let name):
                if let value = reports.last(where: { $0.id == action })?.outputs[name] {
                    values[parameter.name] = value.description
                } else {
                    missing.append(
                        "parameter `\(parameter.name)` refers to `\(action).\(name)`, which was not published"
                    )
                }
            }
        }
        secrets = parameters.filter(\.secret).compactMap { values[$0.name] }
            .filter { $0.count >= Self.shortestSecret }.sorted { $0.count > $1.count }
    }

    /// Characters that a value must have to be looked for in texts: shorter ones would be found everywhere.
    static let shortestSecret = 4

    /// A text without the values of secret parameters: what a script printed may hold them.
    func redacted(_ text: String) -> String {
        secrets.reduce(text) { $0.replacing($1, with: "<redacted>") }
    }
}
