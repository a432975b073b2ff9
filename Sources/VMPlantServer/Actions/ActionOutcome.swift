import ClassAds
import DAGModel
import ShopAPI

/// How one run of an action ended.
struct ActionOutcome: Sendable, Hashable {
    var succeeded: Bool
    var exitCode: Int?
    var timedOut = false
    var seconds = 0.0
    /// The end of its output, or what the plant has to say about the failure.
    var output: String?
    /// The declared outputs it published.
    var outputs = Attributes()
    var usage: [String: Double]?

    /// A run that the plant itself had to fail.
    static func failure(_ reason: String, seconds: Double = 0) -> ActionOutcome {
        ActionOutcome(succeeded: false, seconds: seconds, output: reason)
    }
}

extension ActionReport {
    /// Takes over what a run said.
    mutating func take(_ outcome: ActionOutcome) {
        attempts += 1
        exitCode = outcome.exitCode
        timedOut = outcome.timedOut ? true : nil
        seconds = outcome.seconds
        output = outcome.output
        outputs = outcome.outputs
        usage = outcome.usage
    }
}

/// Reads the outputs that an action declares from what it published.
struct PublishedOutputs {
    /// The values that are declared and of their type.
    var attributes = Attributes()
    /// What keeps the action from counting as done: required outputs that are missing or not of their type.
    var problems: [String] = []

    init(declared: [Output], published: [String: String]) {
        for output in declared {
            guard let text = published[output.name] else {
                if output.required { problems.append("output `\(output.name)` was not published") }
                continue
            }
            guard let value = AttributeValue(text, typeName: output.type.rawValue) else {
                problems.append("output `\(output.name)` is not of type \(output.type.rawValue): `\(text.prefix(80))`")
                continue
            }
            attributes[output.name] = value
        }
    }
}
