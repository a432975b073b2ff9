import CostModel
import DAGModel
import FoundationEssentials
import GRDB
import MachineBook
import ShopAPI
import Warehouse

/// How long things took here, so that a price can say how long they will take.
///
/// The newest samples of each subject are kept with their times; ``LearnedDuration`` makes of them what is expected. The
/// database has them; who asks is answered from memory, into which everything is read once.
struct DurationBook: Sendable {
    let database: any DatabaseWriter
    private let memory: DurationMemory
    /// Seconds since 1970, by the clock of the host: samples outlive the process.
    var now: @Sendable () -> Double

    /// What a duration is about.
    typealias Subject = DurationSubject

    /// A book in a database that has its tables.
    ///
    /// - Parameters:
    ///   - database: the database.
    ///   - memory: what answers.
    ///   - now: the clock.
    init(
        database: any DatabaseWriter,
        memory: DurationMemory = DurationMemory(),
        now: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }
    ) {
        self.database = database
        self.memory = memory
        self.now = now
    }

    /// Samples kept of each subject: enough for a ninetieth percentile, few enough to be kept in memory.
    static let samplesKept = 40

    /// Notes that something took that many seconds.
    func learn(_ subjects: [Subject], seconds: Double) async throws {
        let now = now()
        try await database.writeLazily { database in
            for subject in subjects {
                try database.execute(
                    sql: "INSERT INTO durationSample (subject, seconds, at) VALUES (?, ?, ?)",
                    arguments: [subject.text, seconds, now]
                )
                try database.execute(
                    sql: """
                        DELETE FROM durationSample WHERE subject = ?1 AND number <= (
                            SELECT number FROM durationSample WHERE subject = ?1
                            ORDER BY number DESC LIMIT 1 OFFSET ?2)
                        """,
                    arguments: [subject.text, Self.samplesKept]
                )
            }
        }
        try await forget(memory.add(seconds, to: subjects.map(\.text), at: now))
    }

    private func forget(_ subjects: [String]) async throws {
        guard !subjects.isEmpty else { return }
        try await database.writeLazily { database in
            let statement = try database.cachedStatement(sql: "DELETE FROM durationSample WHERE subject = ?")
            for subject in subjects { try statement.execute(arguments: [subject]) }
        }
    }

    /// What is expected: of the first subject that was ever seen, else what is assumed of the last.
    func expected(_ subjects: [Subject]) async throws -> ExpectedDuration {
        try await expected([subjects])[0]
    }

    /// What is expected of each of several things.
    func expected(_ things: [[Subject]]) async throws -> [ExpectedDuration] {
        try await fill()
        let now = now()
        return things.map { subjects in
            for subject in subjects {
                guard let learned = memory.learned(subject.text, at: now) else { continue }
                return ExpectedDuration(learned, of: subject.title)
            }
            return ExpectedDuration(assumed: subjects.last?.fallback ?? 0)
        }
    }

    /// What was learned of this very step; nothing where it was never run here.
    func learned(_ key: ActionKey) async throws -> LearnedDuration? {
        try await fill()
        return memory.learned(Subject.key(key).text, at: now())
    }

    /// Seconds that the starts of images take, for whoever asks of very many.
    func starts() async throws -> StartTimes {
        try await fill()
        return memory.starts(at: now())
    }

    /// Counts what was learned.
    var changes: Int { memory.changes }

    /// What was learned, as shops are told of it.
    func told() async throws -> BidDurations {
        try await fill()
        return BidDurations(seconds: memory.medians(mostSteps: BidDurations.mostSteps, at: now()))
    }

    /// How well estimates were met; nothing before the first machine.
    func accuracy() async throws -> EstimateAccuracy? {
        try await fill()
        return memory.learned(Subject.ratio.text, at: now()).map { EstimateAccuracy($0) }
    }

    private func fill() async throws {
        guard !memory.isFilled else { return }
        let samples = try await database.read { database in
            try Row.fetchAll(database, sql: "SELECT subject, seconds, at FROM durationSample ORDER BY number").map {
                (subject: $0["subject"] as String, seconds: $0["seconds"] as Double, at: $0["at"] as Double)
            }
        }
        try await forget(memory.fill(samples))
    }

    /// The tables of this book.
    static func migrate(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("plant-durations") { database in
            try database.execute(
                sql: """
                    CREATE TABLE durationSample (
                        number INTEGER PRIMARY KEY,
                        subject TEXT NOT NULL,  -- key:<hex>, operation:<name>, boot:<image> or boot
                        seconds REAL NOT NULL,
                        at REAL NOT NULL        -- seconds since 1970
                    );
                    CREATE INDEX durationSampleOfSubject ON durationSample (subject, number);
                    INSERT INTO durationSample (subject, seconds, at)
                        SELECT subject, seconds, unixepoch() FROM duration;
                    DROP TABLE duration;
                    """
            )
        }
    }
}

extension DurationSubject {
    /// What it is known by how long a spare takes to become a machine.
    static func taking(_ image: ImageManifest) -> [DurationSubject] { [.taking(image: image.name), .anyTaking] }

    /// What the start of a machine of an image is known by: starts of the same system, whatever was done on top of it,
    /// else of images of its kind. One that wakes up is known by itself.
    static func start(of image: ImageManifest) -> [DurationSubject] {
        image.memory == nil ? [.boot(image: image.root), .anyBoot] : [.boot(image: image.name), .anyWake]
    }
}
