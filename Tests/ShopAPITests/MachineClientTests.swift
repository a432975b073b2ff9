import AsyncHTTPClient
import NIOCore
import NIOPosix
import ShopAPI
import Testing
import VMShopTesting

@Suite("The client of the machine service")
struct MachineClientTests {
    @Test("says that nothing was sent when nobody listens")
    func refused() async throws {
        // Port 1 is nobody's; one that was just given up may be somebody else's by now.
        let url = "http://127.0.0.1:1"
        await #expect { try await MachineClient(url: url, http: .shared, deadline: .seconds(10)).status() } throws: {
            ($0 as? ServiceError)?.code == .unreachable && "\($0)".contains(url)
        }
    }

    @Test("says that the outcome is not known when there is no answer in time")
    func late() async throws {
        let plant = StubPlant("p")
        await plant.fallSilent()
        let server = try await LocalServer.started(plant)
        let client = MachineClient(url: await server.url, http: .shared, deadline: .milliseconds(200))
        await #expect { try await client.status() } throws: { ($0 as? ServiceError)?.code == .timedOut }
        await server.stop()
    }

    @Test(
        "an answer that begins and does not end, ends, or is none, is an error in time",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", ErrorCode.timedOut, true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", .timedOut, false),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", .internalError, true),
            ("HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops", .internalError, true),
            ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", .internalError, true),
            ("SSH-2.0-OpenSSH\r\n", .timedOut, true), ("", .timedOut, true), ("", .timedOut, false),
        ]
    )
    func badAnswers(answer: String, code: ErrorCode, staysOpen: Bool) async throws {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in channel.pipeline.addHandler(CannedAnswer(answer, staysOpen)) }
            .bind(host: "127.0.0.1", port: 0).get()
        let url = "http://127.0.0.1:\(server.localAddress?.port ?? 0)"
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        // Where something is to come, it may take its time; where nothing is, the deadline ends the wait.
        let deadline = code == .timedOut && staysOpen ? Duration.milliseconds(400) : .seconds(30)
        let took = try await ContinuousClock().measure {
            try await HTTPClient.withHTTPClient(configuration: configuration) { http in
                let client = MachineClient(url: url, http: http, deadline: deadline)
                await #expect { try await client.status() } throws: { error in
                    (error as? ServiceError)?.code == code
                }
            }
        }
        #expect(took < .seconds(25))
        try await server.close()
    }

    @Test(
        "a URL that is none is an error that names it",
        arguments: [
            "", "shop", "ftp://shop", "http://", "http://a b", "http://[::", "http://127.0.0.1:99999", "http://h:0",
            "http://h:-1", "http://h:", "http://h:80?q", "http://h:80#f", "http://u@h:80", "http://u:p@h:80",
        ]
    )
    func badURL(url: String) async {
        #expect(!ServiceAddress.isValid(url))
        await #expect { try await MachineClient(url: url, http: .shared, deadline: .seconds(1)).status() } throws: {
            [.unreachable, .callInvalid].contains(($0 as? ServiceError)?.code)
        }
    }

    @Test(
        "an address may be that of IPv6, of a proxy, or without a port",
        arguments: [
            "http://127.0.0.1:8100", "https://shop", "http://[::1]:65535", "http://shop:80/path", "http://a_b:1/",
        ]
    )
    func goodURL(url: String) {
        #expect(ServiceAddress.isValid(url))
    }

    @Test("a slash at the end of the URL does no harm")
    func slash() async throws {
        let server = try await LocalServer.started(StubPlant("p"))
        #expect(try await MachineClient(url: await server.url + "/", http: .shared).status().name == "p")
        await server.stop()
    }
}

/// Answers whatever comes with fixed bytes.
private final class CannedAnswer: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: String
    private let staysOpen: Bool

    init(_ answer: String, _ staysOpen: Bool) {
        self.answer = answer
        self.staysOpen = staysOpen
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
        if !staysOpen { context.close(promise: nil) }
    }
}
