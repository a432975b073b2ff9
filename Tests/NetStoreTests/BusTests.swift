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

        private func expect<Value>(_ code: BusError.Code, _ body: () async throws -> Value) async {
            do {
                Issue.record("expected \(code), got \(try await body())")
            } catch {
                #expect((error as? BusError)?.code == code, "\(error)")
            }
        }
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
