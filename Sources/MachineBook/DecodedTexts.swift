import ShopAPI
import Synchronization

/// Remembers what the texts of rows say, so that a row which is as it was need not be decoded again: that takes longer than to read
/// it. A value is found by its text, so it is right whoever wrote the row, and whatever became of a transaction.
final class DecodedTexts<Value: Codable & Sendable>: Sendable {
    private typealias Entry = (text: String, value: Value)

    /// What was asked for since the last change of generations, and what was before that.
    private let entries = Mutex<(young: [MachineID: Entry], old: [MachineID: Entry])>(([:], [:]))
    /// More machines than twice this are not remembered.
    private let most: Int

    /// - Parameter most: How many machines make a generation.
    init(most: Int = 1_024) { self.most = most }

    /// What a text says that is in the row of a machine.
    ///
    /// - Throws: `DecodingError`.
    func value(of text: String, in id: MachineID) throws -> Value {
        if let value = entries.withLock({ Self.remembered(text, id, $0) }) { return value }
        let value = try WireCoding.decode(Value.self, from: text.utf8)
        note(value, as: text, in: id)
        return value
    }

    /// The text of a value, which is about to be in the row of a machine.
    ///
    /// - Throws: `EncodingError`.
    func text(of value: Value, in id: MachineID) throws -> String {
        let text = try WireCoding.text(value)
        note(value, as: text, in: id)
        return text
    }

    private static func remembered(
        _ text: String,
        _ id: MachineID,
        _ entries: (young: [MachineID: Entry], old: [MachineID: Entry])
    ) -> Value? {
        guard let entry = entries.young[id] ?? entries.old[id], entry.text == text else { return nil }
        return entry.value
    }

    private func note(_ value: Value, as text: String, in id: MachineID) {
        entries.withLock { entries in
            entries.young[id] = (text, value)
            guard entries.young.count >= most else { return }
            entries = ([:], entries.young)
        }
    }
}
