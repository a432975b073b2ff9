public import ClassAds

extension Query {
    /// Why a plant does not do; nothing where it does.
    ///
    /// - Parameter attributes: The plant's.
    /// - Returns: A sentence of which the plant is the subject, with what it says of each attribute in question.
    public func lack(of attributes: Attributes) -> String? {
        guard !matches(attributes) else { return nil }
        let facts = names.map { name in
            attributes[name].map { "\(name) is \($0.literal)" } ?? "it has no \(name)"
        }
        return "it does not meet the requirements `\(text)`"
            + (facts.isEmpty ? "" : ": " + facts.joined(separator: ", "))
    }
}

extension AttributeValue {
    /// The value as one writes it in a condition.
    fileprivate var literal: String {
        if case .string(let text) = self { "\"\(text)\"" } else { description }
    }
}
