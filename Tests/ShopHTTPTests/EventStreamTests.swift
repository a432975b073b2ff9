import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1
import ShopAPI
import Testing
import VMShopTesting

@Suite("A machine's events as a stream", .timeLimit(.minutes(1)))
struct EventStreamTests {
    @Test("tells what was, then what happens, each once and in order, and ends with the machine")
    func whole() async throws {
        try await WebService.run { service in
            let id = try await Self.machine(service)
            let response = try await Self.open(service, id)
            #expect(response.status == .ok)
            #expect(response.headers.first(name: "content-type") == "text/event-stream")
            var (text, told) = ("", 0)
            for try await part in response.body {
                text += String(buffer: part)
                // What happens next happens when the one before was read.
                if told == 0, text.contains("creating") {
                    told = 1
                    await service.plant.note(MachineEvent(kind: .booted, message: "one line\nanother"), on: id)
                } else if told == 1, text.contains("booted") {
                    told = 2
                    await service.plant.put(id, .collected)
                }
            }
            let events = try Self.events(text)
            #expect(events.map(\.sequence) == [1, 2, 3])
            #expect(events.map(\.kind) == [.state, .booted, .state])
            #expect(events[1].message == "one line\nanother")
        }
    }

    @Test("goes on behind the last event that the reader saw, by header or by parameter")
    func resumed() async throws {
        try await WebService.run { service in
            let id = try await Self.machine(service)
            await service.plant.note(MachineEvent(kind: .booted, message: "up"), on: id)
            await service.plant.put(id, .failed)
            for response in [
                try await Self.open(service, id, seen: "2"), try await Self.open(service, id, query: "?after=2"),
            ] {
                let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
                #expect(try Self.events(text).map(\.sequence) == [3])
            }
        }
    }

    @Test("says 204 where the machine has ended and everything was seen, so that a reader does not come again")
    func over() async throws {
        try await WebService.run { service in
            let id = try await Self.machine(service)
            await service.plant.put(id, .collected)
            #expect(try await Self.open(service, id, seen: "2").status == .noContent)
        }
    }

    @Test("of a machine that nobody knows is the usual error")
    func unknown() async throws {
        try await WebService.run { service in
            let response = try await Self.open(service, MachineID.new())
            #expect(response.status == .notFound)
            let body = try await response.body.collect(upTo: 1 << 16)
            #expect(try WireCoding.decode(ServiceError.self, from: body.readableBytesView).code == .machineUnknown)
        }
    }

    private static func machine(_ service: WebService) async throws -> MachineID {
        let id = MachineID.new()
        await service.plant.nextMachines(.pending)
        _ = try await service.plant.create(id, Documents.machine(), options: .init())
        return id
    }

    private static func open(
        _ service: WebService,
        _ id: MachineID,
        seen: String? = nil,
        query: String = ""
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: service.url + "/v1/machines/\(id)/events" + query)
        request.headers.add(name: "Accept", value: "text/event-stream")
        if let seen { request.headers.add(name: "Last-Event-ID", value: seen) }
        return try await HTTPClient.shared.execute(request, timeout: .seconds(30))
    }

    /// What a browser would make of it: blocks of fields; the id is that of the event.
    private static func events(_ text: String) throws -> [MachineEvent] {
        try text.split(separator: "\n\n").compactMap { block in
            let fields = block.split(separator: "\n").map { $0.split(separator: ": ", maxSplits: 1) }
                .filter { $0.count == 2 && block.first != ":" }
            let values = Dictionary(fields.map { ($0[0], $0[1]) }) { first, _ in first }
            guard let data = values["data"] else { return nil }
            let event = try WireCoding.decode(MachineEvent.self, from: data.utf8)
            #expect(values["id"] == "\(event.sequence)")
            #expect(values["event"] == "\(event.kind.rawValue)")
            return event
        }
    }
}
