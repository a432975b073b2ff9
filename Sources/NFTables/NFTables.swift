import BlockingCalls
import CNFTables
import Dispatch

/// The kernel's packet filter, through libnftables in this process: no child process, and each batch all or nothing.
///
/// The only place that speaks the library's C interface.
public struct NFTables: Sendable {
    private static let queue = DispatchQueue(label: "nftables")
    /// The kernel makes one change at a time, and others may have large ones.
    private static let deadline = Duration.seconds(10)

    /// Makes one; it holds nothing.
    public init() {}

    /// Carries out a batch of commands in the network namespace of this process: one transaction.
    ///
    /// - Returns: What the commands print, as JSON where `json` is set.
    public func run(_ commands: String, json: Bool = false) async throws(NFTablesError) -> String {
        try await Self.inTurn { () throws(NFTablesError) in
            try Self.runBlocking(commands, json: json)
        }
    }

    /// The number of the filter's generation: another one after each change, whoever made it. One question to the kernel,
    /// however large the filter is.
    ///
    /// - Returns: The number, in the network namespace of this process.
    /// - Throws: ``NFTablesError`` when the kernel does not answer.
    public func generation() async throws(NFTablesError) -> UInt32? {
        try await Self.inTurn { () throws(NFTablesError) in
            try Self.generationBlocking()
        }
    }

    /// Does something when its turn comes. What is still waiting at its deadline is not begun at all: a batch that is
    /// carried out late could undo a newer one. What has begun is left to finish, and its result is dropped.
    static func inTurn<Value: Sendable>(
        on queue: DispatchQueue = queue,
        deadline: Duration = deadline,
        _ body: @escaping @Sendable () throws(NFTablesError) -> Value
    ) async throws(NFTablesError) -> Value {
        let result: Result<Value, NFTablesError> = await withCheckedContinuation { continuation in
            let race = Race(continuation)
            let limit = Deadline(deadline) {
                let message = "the packet filter did not answer in time; a change may still take effect"
                race.finish(.failure(NFTablesError(commands: "", message: message)))
            }
            queue.async {
                guard race.isOpen else { return }
                race.finish(Result { () throws(NFTablesError) -> Value in try body() })
                limit.cancel()
            }
        }
        return try result.get()
    }

    /// The same on the calling thread, and in that thread's network namespace.
    ///
    /// - Returns: The number.
    /// - Throws: ``NFTablesError`` when the kernel does not answer.
    public static func generationBlocking() throws(NFTablesError) -> UInt32 {
        let answer = vmshop_filter_generation()
        guard answer >= 0 else {
            throw NFTablesError(commands: "", message: "the filter's generation: error \(-answer)")
        }
        return UInt32(truncatingIfNeeded: answer)
    }

    /// Carries out a batch on the calling thread, and in that thread's network namespace.
    public static func runBlocking(_ commands: String, json: Bool = false) throws(NFTablesError) -> String {
        guard !commands.utf8.contains(0) else { throw NFTablesError(commands: "", message: "a command contains NUL") }
        guard let context = nft_ctx_new(UInt32(NFT_CTX_DEFAULT)) else {
            throw NFTablesError(commands: "", message: "libnftables gives no context")
        }
        defer { nft_ctx_free(context) }
        nft_ctx_buffer_output(context)
        nft_ctx_buffer_error(context)
        if json { nft_ctx_output_set_flags(context, UInt32(NFT_CTX_OUTPUT_JSON)) }
        let status = nft_run_cmd_from_buffer(context, commands)
        let output = nft_ctx_get_output_buffer(context).map { String(cString: $0) } ?? ""
        let complaint = nft_ctx_get_error_buffer(context).map { String(cString: $0) } ?? ""
        guard status == 0 else { throw NFTablesError(commands: commands, message: complaint) }
        return output
    }
}
