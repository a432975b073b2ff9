import Glibc
import Testing

@testable import QMP

@Suite("A connection to QEMU's monitor", .timeLimit(.minutes(1)))
struct QMPClientTests {
    @Test("commands are answered by number, in whatever order, and events come between")
    func conversation() async throws {
        let stub = try StubMonitor { connection in
            connection.shakeHands()
            _ = (connection.hear(), connection.hear())
            connection.say(#"{"return": "second", "id": 3}"# + "\n" + #"{"event": "STOP"}"# + "\n")
            connection.say(#"{"return": "nobody's", "id": 99}"# + "\n" + #"{"return": "first", "id": 2}"# + "\n")
            _ = connection.hear()
        }
        let client = try await QMPClient.connect(to: "monitor", in: stub.directory, deadline: .seconds(5))
        async let one = client.execute("a", deadline: .seconds(5))
        async let other = client.execute("b", deadline: .seconds(5))
        #expect(try await Set([one, other]) == ["first", "second"])
        var events = client.events.makeAsyncIterator()
        #expect(await events.next() == QMPEvent("STOP"))
        client.close()
        #expect(await events.next() == nil)
    }

    @Test("a refusal tells the command and the reason")
    func refusal() async throws {
        let stub = try StubMonitor { connection in
            connection.shakeHands()
            _ = connection.hear()
            connection.say(#"{"error": {"class": "GenericError", "desc": "no such device"}, "id": 2}"# + "\n")
            _ = connection.hear()
        }
        let client = try await QMPClient.connect(to: "monitor", in: stub.directory, deadline: .seconds(5))
        let error = await #expect(throws: QMPError.self) {
            try await client.execute("device_del", deadline: .seconds(5))
        }
        #expect(error == QMPError(.refused, "device_del: no such device"))
        #expect(client.isOpen)
    }

    @Test("silence costs the deadline, and no more; the connection stands")
    func silence() async throws {
        let stub = try StubMonitor { connection in
            connection.shakeHands()
            _ = connection.hear()
            _ = connection.hear()
            connection.say(#"{"return": 1, "id": 2}"# + "\n" + #"{"return": 2, "id": 3}"# + "\n")
            _ = connection.hear()
        }
        let client = try await QMPClient.connect(to: "monitor", in: stub.directory, deadline: .seconds(5))
        let error = await #expect(throws: QMPError.self) { try await client.execute("a", deadline: .milliseconds(50)) }
        #expect(error?.code == .timedOut)
        // The late answer to the first is not taken for the second's.
        #expect(try await client.execute("b", deadline: .seconds(5)) == 2)
    }

    @Test("a cancelled task waits no longer")
    func cancelled() async throws {
        let stub = try StubMonitor { connection in
            connection.shakeHands()
            while !connection.hear().isEmpty {}
        }
        let client = try await QMPClient.connect(to: "monitor", in: stub.directory, deadline: .seconds(5))
        let began = ContinuousClock.now
        let task = Task { try await client.execute("a", deadline: .seconds(50)) }
        task.cancel()
        await #expect(throws: QMPError.self) { try await task.value }
        #expect(ContinuousClock.now - began < .seconds(5))
        client.close()
    }

    @Test("the end of QEMU is told to whoever waits, and to whoever comes later")
    func ended() async throws {
        let stub = try StubMonitor { connection in
            connection.shakeHands()
            _ = connection.hear()
        }
        let client = try await QMPClient.connect(to: "monitor", in: stub.directory, deadline: .seconds(5))
        for _ in 0..<2 {
            let error = await #expect(throws: QMPError.self) { try await client.execute("a", deadline: .seconds(5)) }
            #expect(error?.code == .unavailable)
        }
        #expect(!client.isOpen)
    }

    @Test(
        "nonsense ends the connection",
        arguments: ["hello\n", "{\"neither\": 1}\n", String(repeating: "x", count: QMPLines.limit + 2)]
    )
    func nonsense(text: String) async throws {
        let stub = try StubMonitor { connection in
            connection.shakeHands()
            _ = connection.hear()
            connection.say(text)
            _ = connection.hear()
        }
        let client = try await QMPClient.connect(to: "monitor", in: stub.directory, deadline: .seconds(5))
        let error = await #expect(throws: QMPError.self) { try await client.execute("a", deadline: .seconds(5)) }
        #expect(error?.code == .garbled)
        #expect(!client.isOpen)
    }

    @Test("who does not greet is not waited for beyond the deadline")
    func mute() async throws {
        let stub = try StubMonitor { connection in _ = connection.hear() }
        let error = await #expect(throws: QMPError.self) {
            _ = try await QMPClient.connect(to: "monitor", in: stub.directory, deadline: .milliseconds(100))
        }
        #expect(error?.code == .timedOut)
    }

    @Test("where nobody listens there is no connection")
    func nobody() async throws {
        let directory = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(directory) }
        let error = await #expect(throws: QMPError.self) {
            _ = try await QMPClient.connect(to: "no-such-monitor", in: directory, deadline: .seconds(1))
        }
        #expect(error?.code == .unavailable)
    }

    @Test("a QEMU that reads nothing is given up instead of waited for")
    func unread() async throws {
        let stub = try StubMonitor { connection in
            connection.shakeHands()
            sleep(3)
        }
        let client = try await QMPClient.connect(to: "monitor", in: stub.directory, deadline: .seconds(5))
        let long: QMPValue = .string(String(repeating: "x", count: 4 << 20))
        let error = await #expect(throws: QMPError.self) {
            try await client.execute("a", ["text": long], deadline: .seconds(1))
        }
        #expect(error?.code == .unavailable)
    }
}
