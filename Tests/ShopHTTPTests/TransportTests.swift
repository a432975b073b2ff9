import AsyncHTTPClient
import ClassAds
import Foundation
import NIOCore
import ShopAPI
import Testing
import VMShopTesting

@Suite("HTTP as it really comes")
struct TransportTests {
    private static let big = ByteBuffer(repeating: UInt8(ascii: "x"), count: 5_000)

    @Test("a body that says it is too large is refused")
    func tooLarge() async throws {
        try await WebService.run { service in
            let answer = try await service.call("POST", "/v1/estimates", .bytes(Self.big))
            #expect(answer.status == 413)
            #expect(answer.error?.code == .tooLarge)
            #expect(answer.error?.message.contains("2000") == true)
        }
    }

    @Test("a body that grows too large without saying so is refused, and the service lives on")
    func tooLargeChunked() async throws {
        try await WebService.run { service in
            let chunk = "400\r\n" + String(repeating: "x", count: 1_024) + "\r\n"
            let head = "POST /v1/estimates HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            let answer = try await RawConnection.exchange(
                await service.server.port,
                [head] + Array(repeating: chunk, count: 40)
            ) {
                $0.contains("call.too-large")
            }
            #expect(answer.hasPrefix("HTTP/1.1 413"))
            #expect(try await service.call("GET", "/v1/status").status == 200)
        }
    }

    @Test("a document of the largest size is read")
    func justFits() async throws {
        try await WebService.run { service in
            var document = Documents.machine()
            document += Array(repeating: UInt8(ascii: " "), count: 2_000 - document.count)
            let answer = try await service.call("POST", "/v1/estimates", .bytes(document))
            #expect(answer.status == 200)
        }
    }

    @Test(
        "HEAD and OPTIONS are answered without a body that would be taken for the next answer",
        arguments: [
            ("HEAD", "/v1/status", 200), ("HEAD", "/v1/machines/x", 400), ("HEAD", "/v1/none", 404),
            ("OPTIONS", "/v1/status", 404),
        ]
    )
    func noBody(method: String, path: String, status: Int) async throws {
        try await WebService.run { service in
            let first = "\(method) \(path) HTTP/1.1\r\nHost: x\r\n\r\n"
            let second = "GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            let answers = try await RawConnection.exchange(await service.server.port, [first + second]) { _ in false }
            #expect(answers.hasPrefix("HTTP/1.1 \(status)"))
            #expect(answers.dropFirst().contains("HTTP/1.1 200"))
            if method == "HEAD" {
                let afterHead = answers.split(separator: "\r\n\r\n", maxSplits: 1).last
                #expect(afterHead?.hasPrefix("HTTP/1.1 200") == true)
            }
        }
    }

    @Test(
        "what is not HTTP closes the connection and nothing else",
        arguments: [
            "\u{16}\u{3}\u{1}\r\n\r\n", "GET\r\n\r\n", "GET /v1/status HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
            "GET /v1/status HTTP/9.9\r\n\r\n",
        ]
    )
    func garbage(text: String) async throws {
        try await WebService.run { service in
            let answer = try await RawConnection.exchange(await service.server.port, [text]) { $0.contains("\r\n\r\n") }
            #expect(!answer.hasPrefix("HTTP/1.1 200"))
            #expect(try await service.call("GET", "/v1/status").status == 200)
        }
    }

    @Test("a query may hold every character that a URL gives a meaning to")
    func percentEncoding() async throws {
        try await WebService.run { service in
            let client = MachineClient(url: service.url, http: .shared)
            let name = #"a+b & c=d?#/%41 ü "quoted" \ ; 100%"#
            let id = MachineID.new()
            _ = try await client.create(id, Documents.machine(), options: .init())
            await service.plant.alter(id) { $0.attributes["Note"] = .string(name) }
            let quoted = name.replacing(#"\"#, with: #"\\"#).replacing(#"""#, with: #"\""#)
            let query = try Query(parsing: "Note == \"\(quoted)\"")
            #expect(try await client.machines(matching: query, includeGone: false).map(\.id) == [id])
        }
    }

    @Test("an event wakes a reader that waits for it, and a wait ends when its time is over")
    func longPoll() async throws {
        try await WebService.run { service in
            let client = MachineClient(url: service.url, http: .shared)
            await service.plant.nextMachines(.pending)
            let id = MachineID.new()
            _ = try await client.create(id, Documents.machine(), options: .init())
            let began = ContinuousClock.now
            let empty = try await client.events(of: id, after: 1, wait: .milliseconds(300))
            #expect(empty.events.isEmpty)
            #expect(.now - began >= .milliseconds(300))
            async let page = client.events(of: id, after: 1, wait: .seconds(20))
            try await Task.sleep(for: .milliseconds(100))
            await service.plant.finish(id)
            #expect(try await page.state == .ready)
        }
    }

    @Test("200 calls at once are all answered, though some readers wait")
    func concurrent() async throws {
        try await WebService.run { service in
            let client = MachineClient(url: service.url, http: .shared)
            await service.plant.nextMachines(.pending)
            let slow = MachineID.new()
            _ = try await client.create(slow, Documents.machine(), options: .init())
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 { group.addTask { _ = try await client.events(of: slow, after: 1, wait: .seconds(1)) } }
                for _ in 0..<200 {
                    group.addTask {
                        let id = MachineID.new()
                        _ = try await client.create(id, Documents.machine(), options: .init())
                        #expect(try await client.machine(id).id == id)
                        #expect(try await client.collect(id).state == .collected)
                    }
                }
                try await group.waitForAll()
            }
            #expect(await service.plant.running.map(\.id) == [slow])
        }
    }
}
