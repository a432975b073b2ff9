import CostModel
import Synchronization
import Warehouse

/// The samples of a ``DurationBook`` in memory, and what was made of them.
///
/// A machine's boot and each of its actions add a few samples; a plan asks hundreds of times. So what is learned is worked
/// out once, and again after a new sample or an hour, in which samples age by little.
final class DurationMemory: Sendable {
    fileprivate struct Subject {
        var samples: [(seconds: Double, at: Double)] = []
        var learned: LearnedDuration?
        /// When it was worked out.
        var time = -Double.infinity
    }

    fileprivate struct State {
        var subjects: [String: Subject] = [:]
        /// Counts what was learned.
        var changes = 0
        var isFilled = false
        /// What was learned while the book was being read.
        var early: [(subject: String, seconds: Double, at: Double)] = []
        var starts: StartTimes?
        var timeOfStarts = -Double.infinity
    }

    private let state = Mutex(State())

    /// Seconds for which what was worked out holds.
    static let validity = 3600.0

    /// The most subjects that are remembered; beyond, the steps that were seen least lately are forgotten.
    let limit: Int

    /// A memory of nothing yet.
    init(limit: Int = 100_000) { self.limit = limit }

    /// Whether the book was read.
    var isFilled: Bool { state.withLock { $0.isFilled } }

    /// Takes over what is in the book, oldest first. The first who has read it does; what was learned meanwhile is in it, or
    /// is added.
    ///
    /// - Parameter samples: What is in the book.
    /// - Returns: The subjects that are forgotten, since there are too many.
    func fill(_ samples: [(subject: String, seconds: Double, at: Double)]) -> [String] {
        state.withLock { state in
            guard !state.isFilled else { return [] }
            for sample in samples { state.subjects[sample.subject, default: Subject()].add(sample.seconds, sample.at) }
            for sample in state.early {
                let known = state.subjects[sample.subject]?.samples ?? []
                guard !known.contains(where: { $0.at == sample.at && $0.seconds == sample.seconds }) else { continue }
                state.subjects[sample.subject, default: Subject()].add(sample.seconds, sample.at)
            }
            state.early = []
            state.isFilled = true
            return state.forgetSome(beyond: limit)
        }
    }

    /// Adds a sample that is in the book already.
    ///
    /// - Parameters:
    ///   - seconds: How long it took.
    ///   - subjects: What it is about.
    ///   - time: When that was.
    /// - Returns: The subjects that are forgotten for it, since there are too many.
    func add(_ seconds: Double, to subjects: [String], at time: Double) -> [String] {
        state.withLock { state in
            state.starts = nil
            state.changes += 1
            for subject in subjects {
                guard state.isFilled else {
                    state.early.append((subject, seconds, time))
                    continue
                }
                state.subjects[subject, default: Subject()].add(seconds, time)
            }
            return state.forgetSome(beyond: limit)
        }
    }

    /// What was learned of a subject; nothing when it was never seen.
    func learned(_ subject: String, at now: Double) -> LearnedDuration? {
        state.withLock { $0.learned(subject, at: now) }
    }

    /// Counts what was learned: who made something of all of it knows when to make it anew.
    var changes: Int { state.withLock { $0.changes } }

    /// What was learned of everything but for the very steps that were run least lately, by what it is known by.
    func medians(mostSteps: Int, at now: Double) -> [String: Double] {
        state.withLock { state in
            let steps = state.subjects.filter { DurationSubject.isStep($0.key) }.sorted {
                ($0.value.samples.last?.at ?? 0, $0.key) > ($1.value.samples.last?.at ?? 0, $1.key)
            }
            let left = Set(steps.dropFirst(mostSteps).map(\.key))
            let subjects = state.subjects.keys.filter { !left.contains($0) }
            return subjects.reduce(into: [:]) { $0[$1] = state.learned($1, at: now)?.median }
        }
    }

    /// What was learned of the starts of all images.
    func starts(at now: Double) -> StartTimes {
        state.withLock { state in
            if let starts = state.starts, abs(now - state.timeOfStarts) < Self.validity { return starts }
            let prefix = DurationBook.Subject.boot(image: "").text
            var known: [String: Double] = [:]
            for subject in state.subjects.keys where subject.hasPrefix(prefix) {
                known[String(subject.dropFirst(prefix.count))] = state.learned(subject, at: now)?.median
            }
            let others = [DurationBook.Subject.anyBoot, .anyWake].map { subject in
                state.learned(subject.text, at: now)?.median ?? subject.fallback
            }
            let starts = StartTimes(known: known, boot: others[0], wake: others[1])
            state.starts = starts
            state.timeOfStarts = now
            return starts
        }
    }
}

/// Seconds from the start of a domain to the guest's first report, by image.
struct StartTimes: Sendable, Hashable {
    private let known: [String: Double]
    private let boot: Double
    private let wake: Double
    /// What no image is below.
    let least: Double

    init(known: [String: Double], boot: Double, wake: Double) {
        self.known = known
        self.boot = boot
        self.wake = wake
        self.least = min(boot, wake, known.values.min() ?? boot)
    }

    /// Seconds that this image takes; as long as any of its kind where nothing like it was ever started.
    func seconds(of image: ImageSummary) -> Double {
        image.saved == nil ? known[image.root] ?? boot : known[image.name] ?? wake
    }
}

extension DurationMemory.State {
    /// Forgets a tenth of the limit more than is needed, so that it is not done for each new one. What is not a step's, such as
    /// the starts of images, there are few of.
    fileprivate mutating func forgetSome(beyond limit: Int) -> [String] {
        guard subjects.count > limit else { return [] }
        let steps = subjects.filter { DurationBook.Subject.isStep($0.key) }
        let oldest = steps.sorted {
            ($0.value.samples.last?.at ?? 0, $0.key) < ($1.value.samples.last?.at ?? 0, $1.key)
        }
        let forgotten = oldest.prefix(subjects.count - limit + limit / 10).map(\.key)
        for subject in forgotten { subjects[subject] = nil }
        return forgotten
    }

    fileprivate mutating func learned(_ name: String, at now: Double) -> LearnedDuration? {
        guard let subject = subjects[name] else { return nil }
        if abs(now - subject.time) < DurationMemory.validity { return subject.learned }
        let learned = LearnedDuration(
            subject.samples.map { DurationSample(seconds: $0.seconds, age: now - $0.at) }
        )
        subjects[name]?.learned = learned
        subjects[name]?.time = now
        return learned
    }
}

extension DurationMemory.Subject {
    fileprivate mutating func add(_ seconds: Double, _ time: Double) {
        samples.append((seconds, time))
        if samples.count > DurationBook.samplesKept { samples.removeFirst() }
        self.time = -.infinity
    }
}
