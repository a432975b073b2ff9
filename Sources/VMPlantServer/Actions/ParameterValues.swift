import ClassAds
import DAGModel
import ShopAPI

/// Resolves the parameters of an action: literals as they are, references from what earlier actions published.
struct ParameterValues {
    /// The values by name.
    var values: [String: String] = [:]
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
                    missing.append("parameter `\(parameter.name)` refers to `\(action).\(name)`, which was not published")
                }
            }
        }
    }
}
