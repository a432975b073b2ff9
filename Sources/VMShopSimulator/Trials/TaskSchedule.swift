import Glibc
import SeededRandom
import ShopAPI
import Synchronization

/// Runs the tasks of this process on one thread, a step at a time, in an order drawn from a seed: whatever may happen in any order
/// happens in an order that can be repeated. When no task has anything left to do, time passes.
///
/// Swift's runtime hands each step that is ready to a global executor, and lets a hook take it instead
/// (`swift_task_enqueueGlobal_hook`, https://github.com/swiftlang/swift, include/swift/Runtime/Concurrency.h).
enum TaskSchedule {
    private typealias Original = @convention(thin) (UnownedJob) -> Void
    private typealias Hook = @convention(thin) (UnownedJob, Original) -> Void

    private struct State {
        var ready: [UnownedJob] = []
        var generator = SeededGenerator(seed: 0)
    }

    private static let state = Mutex(State())
    private static let executor = StepExecutor()

    /// Runs a body, and all that comes of it, until the body ends.
    ///
    /// - Parameters:
    ///   - seed: What the order is drawn from.
    ///   - clock: The clock that the tasks sleep by.
    ///   - body: What is run.
    /// - Throws: ``ServiceError`` where all wait for something that never comes, or the runtime cannot be hooked.
    static func run(seed: UInt64, _ clock: VirtualClock, _ body: @escaping @Sendable () async -> Void) throws {
        let hook = try hook()
        state.withLock { $0 = State(generator: SeededGenerator(seed: seed)) }
        hook.pointee = { job, _ in TaskSchedule.add(job) }
        defer { hook.pointee = nil }
        let isDone = Atomic(false)
        // UNSTRUCTURED: it is what is run below, to its end.
        let task = Task {
            await body()
            clock.stop()
        }
        defer { task.cancel() }
        // UNSTRUCTURED: it ends when the task has.
        _ = Task {
            await task.value
            isDone.store(true, ordering: .relaxed)
        }
        while !isDone.load(ordering: .relaxed) {
            guard step() || clock.advance() else {
                throw ServiceError(.internalError, "all wait for something that never comes")
            }
        }
        // Those whose sleep ended with the clock come to their ends.
        while step() {}
    }

    /// Runs one step that is ready.
    ///
    /// - Returns: Whether there was one.
    private static func step() -> Bool {
        let job = state.withLock { state -> UnownedJob? in
            guard !state.ready.isEmpty else { return nil }
            let index = Int.random(in: state.ready.indices, using: &state.generator)
            state.ready.swapAt(index, state.ready.count - 1)
            return state.ready.removeLast()
        }
        job?.runSynchronously(on: executor.asUnownedTaskExecutor())
        return job != nil
    }

    fileprivate static func add(_ job: UnownedJob) { state.withLock { $0.ready.append(job) } }

    private static func hook() throws -> UnsafeMutablePointer<Hook?> {
        guard let symbol = dlsym(dlopen(nil, RTLD_LAZY), "swift_task_enqueueGlobal_hook") else {
            throw ServiceError(
                .refused,
                "this program was built with a Swift runtime whose tasks cannot be put in order",
                hint: "link the Swift runtime dynamically, as `swift build` does"
            )
        }
        return symbol.assumingMemoryBound(to: Hook?.self)
    }
}

/// Takes the steps that tasks hand on while one of theirs runs.
private final class StepExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) { TaskSchedule.add(UnownedJob(job)) }
}
