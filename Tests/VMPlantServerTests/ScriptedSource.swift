import Foundation
import NIOCore
import NIOPosix
import ShopAPI
import Synchronization
import VMShopTesting
import Warehouse

/// A source of images that sends what no plant would: wrong bytes, too few, too many, or none at all.
final class ScriptedSource: Sendable {
    /// How files are sent.
    enum Way: Sendable {
        /// As they are, in the part that was asked for.
        case honestly
        /// As they are, from the beginning, whatever was asked for.
        case fromTheBeginning
        /// With one byte wrong.
        case flipped
        /// So many bytes, then the connection ends.
        case pieces(of: Int)
        /// So many bytes, then nothing, and the connection stays.
        case stalling(after: Int)
        /// With more bytes than there are, as the head of the answer says.
        case tooLong
        /// Not at all: too many downloads.
        case busy
    }

    let url: String
    let image: ImageReference
    private let channel: any Channel
    private let files: [String: [UInt8]]
    private let manifest: [UInt8]
    private let name: String
    /// One for each request of a file, the last for all further ones.
    private let ways: Mutex<[Way]>
    /// The `Range` of each request of a file.
    private let asked = Mutex<[String?]>([])

    /// The `Range` headers that came.
    var ranges: [String?] { asked.withLock { $0 } }

    /// Publishes an image of noise in the directory and offers it.
    static func started(
        _ ways: [Way],
        image: String = "big",
        named name: String = "p1",
        in directory: TemporaryDirectory,
        bytes: Int = 3 << 20
    ) async throws -> ScriptedSource {
        let warehouse = try Warehouse(directory: directory("warehouse"))
        if try await !warehouse.knows(image) {
            try await ImageTransferTests.publishBig(image, in: directory, bytes: bytes)
        }
        let found = try await warehouse.image(named: image)
        let manifest = try await warehouse.travellingManifest(of: found.manifest.reference)
        let disk = try [UInt8](Data(contentsOf: URL(filePath: found.diskPath)))
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return ScriptedSource(ways, name, found.manifest, manifest, disk, channel)
    }

    private init(
        _ ways: [Way],
        _ name: String,
        _ found: ImageManifest,
        _ manifest: [UInt8],
        _ disk: [UInt8],
        _ server: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>
    ) {
        self.ways = Mutex(ways)
        self.name = name
        image = found.reference
        self.manifest = manifest
        files = [found.disk.digest: disk]
        channel = server.channel
        url = "http://127.0.0.1:\(server.channel.localAddress?.port ?? 0)"
        // UNSTRUCTURED: serves until `stop()` closes the channel.
        Task { [self] in
            try? await server.executeThenClose { connections in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await connection in connections { group.addTask { try? await self.serve(connection) } }
                }
            }
        }
    }

    /// Closes the port.
    func stop() async { try? await channel.close() }

    private func serve(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var text = ""
            for try await bytes in inbound {
                text += String(buffer: bytes)
                if text.contains("\r\n\r\n") { break }
            }
            let lines = text.split(separator: "\r\n").map(String.init)
            let path = lines.first?.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            let range = lines.first { $0.lowercased().hasPrefix("range: ") }.map { String($0.dropFirst(7)) }
            try await answer(path, range, outbound)
        }
    }

    private func answer(
        _ path: String,
        _ range: String?,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        let digest = path.split(separator: "/").last.map(String.init) ?? ""
        if let file = files[digest] { return try await send(file, range, outbound) }
        switch path {
        case "/v1/images":
            let files = files.map { OfferedFile(role: "disk", digest: $0.key, bytes: $0.value.count) }
            let offer = ImageOffer(name: image.name, digest: image.digest, files: files)
            let list = try WireCoding.encode(ImageOffers(plant: name, images: [offer]))
            try await write(200, [UInt8](list), outbound)
        case "/v1/images/\(image.name)/\(image.digest)": try await write(200, manifest, outbound)
        default: try await write(404, Array("{}".utf8), outbound)
        }
    }

    private func send(
        _ file: [UInt8],
        _ range: String?,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        asked.withLock { $0.append(range) }
        let way = ways.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        var part = 0..<file.count
        if case .part(let wanted) = ByteRange(range, of: file.count) { part = wanted }
        switch way {
        case .honestly: try await write(part, of: file, outbound)
        case .fromTheBeginning: try await write(200, file, outbound)
        case .flipped:
            var wrong = file
            wrong[wrong.count - 7] ^= 1
            try await write(part, of: wrong, outbound)
        case .pieces(let count): try await write(part, of: file, outbound, upTo: count)
        case .stalling(let count):
            try await write(part, of: file, outbound, upTo: count)
            try await Task.sleep(for: .seconds(60))
        case .tooLong: try await write(part, of: file, outbound, more: 5)
        case .busy:
            let error = try WireCoding.encode(ServiceError(.unavailable, "8 downloads are being served already"))
            try await write(503, [UInt8](error), outbound)
        }
    }

    private func write(
        _ part: Range<Int>,
        of file: [UInt8],
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        upTo count: Int = .max,
        more: Int = 0
    ) async throws {
        let end = part.lowerBound + min(part.count, count)
        let status = part.count == file.count ? "200 OK" : "206 Partial Content"
        let place = "Content-Range: bytes \(part.lowerBound)-\(part.upperBound - 1)/\(file.count)\r\n"
        let head = "HTTP/1.1 \(status)\r\n\(part.count == file.count ? "" : place)"
        let length = "Content-Length: \(part.count + more)\r\nConnection: close\r\n\r\n"
        try await outbound.write(ByteBuffer(string: head + length))
        try await outbound.write(ByteBuffer(bytes: file[part.lowerBound..<end]))
        if more > 0 { try await outbound.write(ByteBuffer(repeating: 0, count: more)) }
    }

    private func write(
        _ status: Int,
        _ body: [UInt8],
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        let head = "HTTP/1.1 \(status) X\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n"
        try await outbound.write(ByteBuffer(string: head))
        try await outbound.write(ByteBuffer(bytes: body))
    }
}
