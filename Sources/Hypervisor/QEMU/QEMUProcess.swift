import BlockingCalls
import CLaunch
import Dispatch
import FoundationEssentials
import Glibc
import Synchronization

/// A QEMU that runs, held by a descriptor: its id may pass to another process, the descriptor does not.
final class QEMUProcess: Sendable {
    let id: Int32

    private let descriptor: OwnedDescriptor
    private let state = Mutex(State())
    // SAFETY: set once in init; dispatch sources are thread-safe, though not marked so.
    private nonisolated(unsafe) let source: any DispatchSourceRead

    /// How it ended.
    enum End: Sendable, Hashable {
        /// As a process does that was told to end.
        case clean
        /// Of a signal, or with an error.
        case failed
        /// It was somebody else's child, who knows.
        case unknown
    }

    private struct State {
        var end: End?
        var waiting: [Race<End?>] = []
    }

    /// What to start, and what it inherits.
    struct Launch: Sendable {
        var arguments: [String]
        var user: QEMUUser?
        /// Descriptors that it finds under the same numbers.
        var kept: [OwnedDescriptor]
        var errors: OwnedDescriptor
        var identity: OwnedDescriptor
    }

    /// Starts one, in a session of its own: it lives on when we end. Blocks until it has become QEMU.
    convenience init(_ launch: Launch) throws(HypervisorError) {
        let arguments = launch.arguments.map { strdup($0) } + [nil]
        let environment = [strdup("PATH=/usr/bin:/bin"), strdup("LC_ALL=C"), nil]
        defer { for text in arguments + environment { free(text) } }
        let kept = launch.kept.map(\.number)
        let answer = kept.withUnsafeBufferPointer { kept -> Int32 in
            var order = vmshop_launch()
            return arguments.withUnsafeBufferPointer { arguments -> Int32 in
                environment.withUnsafeBufferPointer { environment -> Int32 in
                    order.path = UnsafePointer(arguments[0])
                    order.arguments = arguments.baseAddress
                    order.environment = environment.baseAddress
                    order.kept = kept.baseAddress
                    order.kept_count = Int32(kept.count)
                    order.errors = launch.errors.number
                    order.identity = launch.identity.number
                    order.changes_user = launch.user == nil ? 0 : 1
                    order.user = launch.user?.user ?? 0
                    order.group = launch.user?.group ?? 0
                    return vmshop_start(&order)
                }
            }
        }
        guard answer > 0 else { throw .system(-answer, "start of \(launch.arguments.first ?? "QEMU")") }
        try self.init(id: answer)
    }

    /// Takes up one that was started earlier, perhaps by a plant that is gone.
    ///
    /// - Parameters:
    ///   - id: The id it had.
    ///   - arguments: Its command line: a process that has another one is another process.
    /// - Returns: `nil` when it is gone.
    static func adopt(_ id: Int32, arguments: [String]) -> QEMUProcess? {
        guard let process = try? QEMUProcess(id: id) else { return nil }
        // The descriptor was taken first: what is read now is of the process that it names, or of none.
        guard let line = try? Data(contentsOf: URL(filePath: "/proc/\(id)/cmdline")) else { return nil }
        let words = line.split(separator: 0, omittingEmptySubsequences: false).dropLast()
        return words.elementsEqual(arguments, by: { $0.elementsEqual($1.utf8) }) ? process : nil
    }

    private init(id: Int32) throws(HypervisorError) {
        self.id = id
        descriptor = try OwnedDescriptor(vmshop_process_descriptor(id), "process \(id)")
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor.number, queue: .global())
        source.setEventHandler { [weak self] in self?.ended() }
        source.setCancelHandler { [descriptor] in _ = descriptor }
        source.activate()
    }

    deinit { source.cancel() }

    /// Ends it at once.
    func kill() { _ = vmshop_signal_process(descriptor.number, SIGKILL) }

    /// Waits until it has ended.
    ///
    /// - Returns: How; `nil` when it had not by the deadline.
    func end(within deadline: Duration? = nil) async -> End? {
        let timer = Mutex<Deadline?>(nil)
        let end: End? = await withCheckedContinuation { (continuation: CheckedContinuation<End?, Never>) in
            let race = Race(continuation)
            let end = state.withLock { state in
                if state.end == nil { state.waiting.append(race) }
                return state.end
            }
            if let end { race.finish(end) }
            if let deadline { timer.withLock { $0 = Deadline(deadline) { race.finish(nil) } } }
        }
        timer.withLock { $0 }?.cancel()
        state.withLock { state in state.waiting.removeAll { !$0.isOpen } }
        return end
    }

    /// Whether it has ended.
    var hasEnded: Bool { state.withLock { $0.end != nil } }

    private func ended() {
        source.cancel()
        var status: Int32 = 0
        let isChild = vmshop_reap(descriptor.number, &status) == 1
        let end: End = isChild ? (status == 0 ? .clean : .failed) : .unknown
        let waiting = state.withLock { state in
            state.end = end
            defer { state.waiting = [] }
            return state.waiting
        }
        for race in waiting { race.finish(end) }
    }
}

extension QEMUProcess {
    /// The processor time that it has used, by proc(5); `nil` for one that has ended.
    var processorTime: Duration? {
        guard let line = try? Data(contentsOf: URL(filePath: "/proc/\(id)/stat")) else { return nil }
        // The name of the program, in parentheses, may hold anything; `utime` and `stime` are fields 14 and 15.
        let fields = line.split(separator: UInt8(ascii: ")")).last?.split(separator: UInt8(ascii: " ")) ?? []
        guard fields.count > 12 else { return nil }
        let ticks = fields[11...12].compactMap { Int64(String(decoding: $0, as: UTF8.self)) }
        guard ticks.count == 2 else { return nil }
        return .milliseconds((ticks[0] + ticks[1]) * 1_000 / Int64(sysconf(Int32(_SC_CLK_TCK))))
    }
}
