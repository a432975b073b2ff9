import DBus
import Glibc
import Testing

@testable import NetStore

extension NamespaceTests {
    @Suite("D-Bus", .serialized)
    struct BusTests {
        @Test("Values of all kinds come back, errors are told apart")
        func calls() async throws {
            try await NetworkLab.with("bus") { lab in
                let server = GaneshaLab(lab: lab)
                try await server.startBus()
                let bus = BusConnection(address: server.address)
                #expect(try await bus.ask("NameHasOwner", .string("org.freedesktop.DBus")) == [.boolean(true)])
                let names = try #require(try await bus.ask("ListNames").first?.members)
                #expect(names.contains(.string("org.freedesktop.DBus")))
                let name = BusValue.string("org.freedesktop.DBus")
                #expect(try await bus.ask("GetConnectionUnixUser", name).first?.integer == Int(getuid()))
                let credentials = try #require(try await bus.ask("GetConnectionCredentials", name).first?.members)
                #expect(credentials.contains(.structure([.string("UnixUserID"), .variant(.uint32(getuid()))])))
                #expect(try await bus.ask("RequestName", .string("org.example.a"), .uint32(4)) == [.uint32(1)])

                await expect(.refused) { try await bus.ask("NoSuchMethod") }
                await expect(.invalid) { try await bus.ask("NameHasOwner", .string("a\0b")) }
                await expect(.invalid) { try await bus.ask("NameHasOwner", .array([])) }
                await expect(.noService) { try await bus.ask("Hello", to: "org.example.nobody") }
                // A name of ours: nobody answers what is sent to it.
                await expect(.timedOut) { try await bus.ask("Hello", to: "org.example.a", timeout: .milliseconds(100)) }
                #expect(try await bus.ask("NameHasOwner", .string("org.example.a")) == [.boolean(false)])
            }
        }

        @Test("A bus that was started again is found again")
        func reconnects() async throws {
            try await NetworkLab.with("rebus") { lab in
                let server = GaneshaLab(lab: lab)
                try await server.startBus()
                let bus = BusConnection(address: server.address)
                _ = try await bus.ask("ListNames")
                for process in try await Command.run("/usr/sbin/ip", "netns", "pids", lab.host).split(separator: "\n") {
                    kill(try #require(pid_t(process)), SIGKILL)
                }
                unlink(server.socket)
                await expect(.disconnected) { while true { _ = try await bus.ask("ListNames") } }
                try await server.startBus()
                #expect(try await bus.ask("ListNames").count == 1)
            }
        }

        @Test(
            "A bus that accepts nobody costs its deadline and no more, and is used again when it does",
            .timeLimit(.minutes(1))
        )
        func deafBus() async throws {
            try await NetworkLab.with("deaf") { lab in
                let server = GaneshaLab(lab: lab)
                let deaf = try DeafSocket(server.socket)
                let bus = BusConnection(address: server.address)
                for _ in 1...12 {
                    await expect(.timedOut) { try await bus.ask("ListNames", timeout: .milliseconds(50)) }
                }
                deaf.close()
                try await server.startBus()
                for _ in 1...100 where (try? await bus.ask("ListNames", timeout: .seconds(1))) == nil {
                    try await Task.sleep(for: .milliseconds(20))
                }
                #expect(try await bus.ask("ListNames").count == 1)
            }
        }

        private func expect<Value>(_ code: BusError.Code, _ body: () async throws -> Value) async {
            do {
                Issue.record("expected \(code), got \(try await body())")
            } catch {
                #expect((error as? BusError)?.code == code, "\(error)")
            }
        }
    }
}

/// A socket that listens, and whose queue of waiting connections is full.
final class DeafSocket: Sendable {
    private let listener: CInt
    private let path: String
    private let waiting: [CInt]

    init(_ path: String) throws {
        let listener = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = Self.address(path)
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isBound = Self.withSocketAddress(&address) { bind(listener, $0, size) } == 0 && listen(listener, 0) == 0
        try #require(isBound)
        var waiting: [CInt] = []
        while true {
            let one = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
            waiting.append(one)
            guard Self.withSocketAddress(&address, { connect(one, $0, size) }) == 0 else { break }
        }
        self.path = path
        self.listener = listener
        self.waiting = waiting
    }

    func close() {
        for one in waiting + [listener] { Glibc.close(one) }
        unlink(path)
    }

    private static func address(_ path: String) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return address
    }

    private static func withSocketAddress(
        _ address: inout sockaddr_un,
        _ body: (UnsafePointer<sockaddr>) -> CInt
    ) -> CInt {
        withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
    }
}

extension BusConnection {
    /// Asks the bus itself, or another.
    func ask(
        _ method: String,
        _ arguments: BusValue...,
        to destination: String = "org.freedesktop.DBus",
        timeout: Duration = .seconds(5)
    ) async throws -> [BusValue] {
        let call = BusCall(
            destination: destination,
            path: "/org/freedesktop/DBus",
            interface: "org.freedesktop.DBus",
            method: method,
            arguments: arguments
        )
        return try await self.call(call, timeout: timeout)
    }
}
