import DAGModel
import FoundationEssentials

/// Reads and writes `manifest.json`.
enum ManifestCoding {
    /// The largest manifest that is read, in bytes.
    static let maximumBytes = 8 << 20

    /// The manifest in `bytes`, every field checked.
    static func decode(_ bytes: [UInt8]) throws(WarehouseError) -> ImageManifest {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do {
            let manifest = try decoder.decode(ImageManifest.self, from: Data(bytes))
            try ManifestRules.check(manifest)
            return manifest
        } catch let error as WarehouseError {
            throw error
        } catch let error as DecodingError {
            throw WarehouseError(.damaged, "the manifest: \(self.explain(error))")
        } catch {
            throw WarehouseError(.damaged, "the manifest is not JSON of the right form")
        }
    }

    /// The bytes of `manifest.json`: sorted and indented, so that people and `diff` can read them.
    static func encode(_ manifest: ImageManifest) throws(WarehouseError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        let data: Data
        do { data = try encoder.encode(manifest) } catch {
            throw WarehouseError(.invalidDraft, "the manifest cannot be written as JSON: \(error)")
        }
        guard data.count < self.maximumBytes else {
            throw WarehouseError(.tooLarge, "the manifest has \(data.count) bytes; \(self.maximumBytes) are allowed")
        }
        return [UInt8](data) + [0x0a]
    }

    private static func explain(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
            return path.isEmpty ? "" : " at \(path.joined(separator: "."))"
        }
        return switch error {
        case .keyNotFound(let key, let context): "the field \"\(key.stringValue)\" is missing\(place(context))"
        case .typeMismatch(_, let context): "a value of the wrong type\(place(context)): \(context.debugDescription)"
        case .valueNotFound(_, let context): "a value is missing\(place(context))"
        case .dataCorrupted(let context): "a wrong value\(place(context)): \(context.debugDescription)"
        @unknown default: "it cannot be read"
        }
    }
}

/// A key of any name: to see which keys are there.
struct AnyCodingKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        nil
    }
}

extension Decoder {
    /// The container keyed by `Key`; a key that is no case of it is an error, for it would be ignored.
    func strictContainer<Key: CodingKey & CaseIterable>(
        keyedBy keyType: Key.Type
    ) throws -> KeyedDecodingContainer<Key> {
        let known = Set(Key.allCases.map(\.stringValue))
        for key in try self.container(keyedBy: AnyCodingKey.self).allKeys where !known.contains(key.stringValue) {
            throw DecodingError.dataCorrupted(
                .init(codingPath: self.codingPath, debugDescription: "the field \"\(key.stringValue)\" is unknown")
            )
        }
        return try self.container(keyedBy: keyType)
    }
}
