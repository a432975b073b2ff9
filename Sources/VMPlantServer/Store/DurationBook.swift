import DAGModel
import GRDB

/// How long things took here, so that a price can say how long they will take.
///
/// Each subject keeps one exponentially weighted mean: the newest sample counts for three tenths.
struct DurationBook: Sendable {
    let database: any DatabaseWriter

    /// What a duration is about.
    enum Subject: Sendable, Hashable {
        case key(ActionKey)
        case operation(String)
        case boot(image: String)

        var text: String {
            switch self {
            case .key(let key): "key:" + key.hex
            case .operation(let name): "operation:" + name
            case .boot(let image): "boot:" + image
            }
        }

        /// Seconds assumed of what was never seen.
        var fallback: Double {
            switch self {
            case .key, .operation: 0.5
            case .boot: 3
            }
        }
    }

    static let weightOfNewest = 0.3

    /// Notes that something took that many seconds.
    func learn(_ subjects: [Subject], seconds: Double) async throws {
        try await database.write { database in
            for subject in subjects {
                try database.execute(
                    sql: """
                        INSERT INTO duration (subject, seconds, samples) VALUES (?1, ?2, 1)
                        ON CONFLICT (subject) DO UPDATE SET
                            seconds = seconds * (1 - ?3) + ?2 * ?3, samples = samples + 1
                        """,
                    arguments: [subject.text, seconds, Self.weightOfNewest]
                )
            }
        }
    }

    /// Seconds expected: of the first subject that is known, else the fallback of the last.
    func expected(_ subjects: [Subject]) async throws -> Double {
        try await database.read { database in
            for subject in subjects {
                let sql = "SELECT seconds FROM duration WHERE subject = ?"
                if let seconds = try Double.fetchOne(database, sql: sql, arguments: [subject.text]) { return seconds }
            }
            return subjects.last?.fallback ?? 0
        }
    }
}
