import CostModel
import Hummingbird
import NIOCore
import ShopAPI

/// What calls bring along: read, and refused with a word of what is expected.
struct CallArguments: Sendable {
    /// What clients may take.
    let limits: TransportLimits

    func id(_ context: BasicRequestContext) throws -> MachineID {
        let text = try context.parameters.require("id")
        guard let id = MachineID(text) else {
            throw ServiceError(
                .callInvalid,
                "`\(text.prefix(64))` is not a machine id",
                hint: "an id is a ULID, 26 characters"
            )
        }
        return id
    }

    func document(_ request: Request) async throws -> [UInt8] {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limits.largestDocument {
            throw tooLarge
        }
        return try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            group.addTask { try await bytes(request.body) }
            group.addTask {
                try await Task.sleep(for: limits.document)
                return nil
            }
            defer { group.cancelAll() }
            guard let bytes = try await group.next() ?? nil else {
                throw ServiceError(.callInvalid, "the document did not come within \(limits.document)")
            }
            return bytes
        }
    }

    private func bytes(_ body: RequestBody) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in body {
            guard bytes.count + chunk.readableBytes <= limits.largestDocument else { throw tooLarge }
            bytes.append(contentsOf: chunk.readableBytesView)
        }
        return bytes
    }

    private var tooLarge: ServiceError {
        ServiceError(.tooLarge, "the document is larger than \(limits.largestDocument) bytes")
    }

    func policy(_ request: Request) throws -> CostPolicy? {
        guard let name = request.uri.queryParameters.get("policy") else { return nil }
        guard let policy = CostPolicy(rawValue: name) else {
            throw Self.invalid("policy", CostPolicy.form)
        }
        return policy
    }

    func number(_ request: Request, _ name: String) throws -> Double? {
        guard let text = request.uri.queryParameters.get(name) else { return nil }
        guard let value = Double(text), value.isFinite else { throw Self.invalid(name, "a number") }
        return value
    }

    func flag(_ request: Request, _ name: String) throws -> Bool {
        guard let text = request.uri.queryParameters.get(name) else { return false }
        guard let value = ["yes": true, "no": false][text] else { throw Self.invalid(name, "yes or no") }
        return value
    }

    static func invalid(_ parameter: String, _ expected: String) -> ServiceError {
        ServiceError(.callInvalid, "the parameter `\(parameter)` must be \(expected)")
    }
}
