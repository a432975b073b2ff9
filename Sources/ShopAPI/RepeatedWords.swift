import CostModel
import Synchronization

/// The words of one plant's stream. Most are as the one before, letter for letter, and need not be decoded again.
final class RepeatedWords: Sendable {
    private let last = Mutex<(line: [UInt8], word: PlantWord)?>(nil)

    /// What a line says.
    ///
    /// - Throws: `DecodingError`.
    func word(of line: [UInt8]) throws -> PlantWord {
        if let last = last.withLock({ $0 }), last.line == line { return last.word }
        let word = try WireCoding.decode(PlantWord.self, from: line)
        if case .same = word.bid { last.withLock { $0 = (line, word) } }
        return word
    }
}
