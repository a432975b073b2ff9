import FoundationEssentials
import Glibc
import Testing

/// A machine as the command line prints it for programs.
struct SeenMachine: Decodable, Sendable {
    struct Report: Decodable, Sendable {
        var id: String
        var status: String
        var attempts: Int
        var output: String?
    }

    struct Failure: Decodable, Sendable {
        var code: String
        var message: String
    }

    var id: String
    var state: String
    var plant: String?
    var address: String?
    var created: String
    var ready: String?
    var attributes: [String: SeenValue]
    var actions: [Report]
    var error: Failure?

    /// The name of everything the machine holds on its host.
    var resourceName: String { "vms-" + id.lowercased() }

    /// An attribute as text, whatever its type and the case of its name.
    func attribute(_ name: String) -> String? {
        attributes.first { $0.key.lowercased() == name.lowercased() }?.value.text
    }
}

/// Machines that woke up from one memory.
extension [SeenMachine] {
    /// Expects that no two of them have one value of an attribute.
    func expectDifferent(_ names: [String]) {
        for name in names {
            let values = compactMap { $0.attribute(name) }.filter { !$0.isEmpty }
            #expect(Set(values).count == count, "\(name): \(values)")
        }
    }

    /// Expects that each is the machine that it is to be, and that its clock said what it was while all were made.
    func expectThemselves(madeSince began: time_t) {
        for machine in self {
            #expect(machine.attribute("host") == machine.resourceName)
            #expect(machine.attribute("card") == machine.attribute("Mac"))
            let clock = machine.attribute("clock").flatMap { Int($0) } ?? 0
            #expect((began...time(nil) + 1).contains(clock), "its clock says \(clock), it is \(time(nil))")
        }
    }
}

/// The value of an attribute.
enum SeenValue: Decodable, Sendable {
    case boolean(Bool), integer(Int), real(Double), string(String)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .real(value)
        } else {
            self = .string(try container.decode(String.self))
        }
    }

    var text: String {
        switch self {
        case .boolean(let value): String(value)
        case .integer(let value): String(value)
        case .real(let value): String(value)
        case .string(let value): value
        }
    }
}

extension Lab {
    /// Creates a machine and waits for it; it has to become ready.
    func create(_ file: String, at plant: Plant? = nil) async throws -> SeenMachine {
        try seen(await vmshop("create", file, "--output", "json", at: plant), as: "create \(file)")
    }

    /// Begins to create a machine, without waiting for it.
    func begin(_ file: String, id: String, at plant: Plant? = nil) async throws -> Program.Answer {
        try await vmshop("create", file, "--id", id, "--no-wait", "--output", "json", at: plant)
    }

    /// Applies a further document to a machine; it has to succeed.
    func configure(_ id: String, _ file: String, at plant: Plant? = nil) async throws -> SeenMachine {
        try seen(await vmshop("configure", id, file, "--output", "json", at: plant), as: "configure \(file)")
    }

    /// A machine as its service knows it.
    func show(_ id: String, at plant: Plant? = nil) async throws -> SeenMachine {
        try seen(await vmshop("show", id, "--output", "json", at: plant), as: "show \(id)")
    }

    /// Collects a machine; it has to succeed.
    @discardableResult
    func collect(_ id: String, at plant: Plant? = nil) async throws -> String {
        let answer = try await vmshop("collect", id, at: plant)
        guard answer.code == 0 else { throw Program.Failure(description: "collect \(id): \(answer.text)") }
        return answer.output
    }

    private func seen(_ answer: Program.Answer, as what: String) throws -> SeenMachine {
        guard answer.code == 0 else {
            throw Program.Failure(description: "\(what): exit code \(answer.code)\n\(answer.text)")
        }
        return try JSONDecoder().decode(SeenMachine.self, from: Data(answer.output.utf8))
    }
}

/// Ids that no machine has yet, and reproducible ones for a seed.
enum MachineIDs {
    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    static func new() -> String { "01" + String((0..<24).map { _ in digits.randomElement() ?? "0" }) }
}
