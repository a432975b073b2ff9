import FoundationEssentials

/// Through JSON and back.
func roundTrip<Value: Codable>(_ value: Value) throws -> Value {
    try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
}

/// Reads as another type what was stored as one.
func convert<Source: Encodable, Target: Decodable>(_ value: Source, to type: Target.Type) throws -> Target {
    try JSONDecoder().decode(type, from: JSONEncoder().encode(value))
}
