import NIOCore
import NIOPosix

/// Bytes to and from a port, for requests that no HTTP client would make.
enum RawConnection {
    /// Sends bytes and reads until `isEnough`, the end of the connection or a time limit.
    static func exchange(
        _ port: Int,
        _ parts: [String],
        until isEnough: @escaping @Sendable (String) -> Bool
    ) async throws -> String {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: String?.self) { group in
                group.addTask {
                    // A server that has closed meanwhile is an answer, too.
                    for part in parts { try? await outbound.write(ByteBuffer(string: part)) }
                    var text = ""
                    do {
                        for try await bytes in inbound {
                            text += String(buffer: bytes)
                            if isEnough(text) { break }
                        }
                    } catch {}
                    return text
                }
                group.addTask {
                    // Longer than other tests can keep all processors to themselves.
                    try await Task.sleep(for: .seconds(60))
                    return nil
                }
                defer { group.cancelAll() }
                guard let text = try await group.next() else { return "" }
                return text ?? "(no end within 60 s)"
            }
        }
    }
}
