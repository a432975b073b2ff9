import FoundationEssentials

/// Something that happened in QEMU.
public struct QMPEvent: Sendable, Hashable {
    /// QEMU's name for it, `SHUTDOWN` say.
    public var name: String
    /// What it says about it.
    public var data: QMPValue

    /// An event.
    public init(_ name: String, data: QMPValue = [:]) {
        self.name = name
        self.data = data
    }
}

/// One line of what QEMU sends.
enum QMPMessage: Sendable, Hashable {
    case greeting
    /// A command that has no number was not understood at all; the answer has none either.
    case answer(id: Int?, Result<QMPValue, QMPError>)
    case event(QMPEvent)

    /// Reads a line. What is in it is believed of a QEMU, and a guest may have taken that over: every form is checked.
    init(line: some Collection<UInt8>) throws(QMPError) {
        guard let value = try? JSONDecoder().decode(QMPValue.self, from: Data(line)) else {
            throw QMPError(.garbled, "QEMU's monitor sent what is no JSON")
        }
        let id = value["id"]?.number
        if value["QMP"] != nil {
            self = .greeting
        } else if let name = value["event"]?.text {
            self = .event(QMPEvent(name, data: value["data"] ?? [:]))
        } else if let result = value["return"] {
            self = .answer(id: id, .success(result))
        } else if let error = value["error"] {
            let reason = Self.shortened(error["desc"]?.text ?? "no reason given")
            self = .answer(id: id, .failure(QMPError(.refused, reason)))
        } else {
            throw QMPError(.garbled, "QEMU's monitor sent neither answer nor event")
        }
    }

    /// A text fit for a log.
    private static func shortened(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(500).map { $0.value < 0x20 ? " " : $0 }))
    }
}

/// A command as it is sent: one line.
struct QMPCommand: Encodable {
    var execute: String
    var arguments: QMPValue
    var id: Int

    var line: [UInt8] {
        get throws(QMPError) {
            guard let bytes = try? JSONEncoder().encode(self) else {
                throw QMPError(.refused, "\(execute) has arguments that are no JSON")
            }
            return Array(bytes) + [UInt8(ascii: "\n")]
        }
    }
}

/// Makes lines of what arrives in pieces.
struct QMPLines: Sendable {
    /// More than QEMU ever sends in one; less than would hurt.
    static let limit = 1 << 20

    private var rest: [UInt8] = []

    /// Takes up a piece.
    ///
    /// - Returns: The lines that are whole now.
    /// - Throws: `.garbled` when a line does not end.
    mutating func append(_ bytes: some Collection<UInt8>) throws(QMPError) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for piece in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if piece.offset > 0 {
                if rest.contains(where: { $0 > 0x20 }) { lines.append(rest) }
                rest = []
            }
            rest += piece.element
        }
        guard rest.count <= Self.limit else {
            throw QMPError(.garbled, "QEMU's monitor sent a line of more than \(Self.limit) bytes")
        }
        return lines
    }
}
