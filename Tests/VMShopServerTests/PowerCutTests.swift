import Foundation
import GRDB
import MachineBook
import SeededRandom
import ShopAPI
import Testing
import VMShopTesting

@testable import VMShopServer

/// A power cut takes what was written and not flushed, or any part of it (RELIABILITY, fault 4). The built shop runs under strace,
/// which notes each write and flush of its book with its time; from these the files are made as they may be found after a cut.
@Suite("A shop whose power is cut", .timeLimit(.minutes(5)))
struct PowerCutTests {
    @Test("has every machine that it had confirmed, in a sound book, whatever was not flushed is lost")
    func cuts() async throws {
        try await TemporaryDirectory.with { directory in
            let plant = StubPlant("plant-1")
            let server = try await LocalServer.started(plant)
            let traces = directory("traces")
            try FileManager.default.createDirectory(atPath: traces, withIntermediateDirectories: true)
            let shop = try await ShopProcess.start(
                in: directory,
                plants: [await server.address],
                under: Self.tracer(directory("state") + "/shop.sqlite", into: traces + "/thread")
            )
            var confirmed: [(id: MachineID, time: Double)] = []
            let began = Date.now.timeIntervalSince1970
            for _ in 0..<40 {
                let id = MachineID.new()
                _ = try await shop.client.create(id, Documents.machine(), options: .init())
                confirmed.append((id, Date.now.timeIntervalSince1970))
                if confirmed.count % 4 == 0 { _ = try await shop.client.settled(id) }
            }
            let end = Date.now.timeIntervalSince1970
            try await shop.kill()
            await server.stop()

            let log = try WriteLog(directory: traces)
            #expect(log.flushes > 40, "\(log.flushes) flushes for 40 machines")
            var generator = SeededGenerator(seed: 4)
            for cut in 0..<60 {
                let time = Double.random(in: began...end + 0.1, using: &generator)
                let found = directory("cut-\(cut)")
                try FileManager.default.createDirectory(atPath: found, withIntermediateDirectories: true)
                for (name, bytes) in log.files(cutAt: time, using: &generator) {
                    try Data(bytes).write(to: URL(fileURLWithPath: found + "/" + name))
                }
                let wanted = confirmed.filter { $0.time <= time }.map(\.id)
                try await Self.check(found + "/shop.sqlite", holds: wanted, "cut \(cut), after \(time - began) s")
                try FileManager.default.removeItem(atPath: found)
            }
        }
    }

    private static func tracer(_ book: String, into prefix: String) -> [String] {
        [
            "/usr/bin/strace", "-ff", "-qq", "-ttt", "-T", "-y", "-xx", "-s", "1000000", "-o", prefix, "-P", book, "-P",
            book + "-wal", "-e", "trace=pwrite64,ftruncate,fsync,fdatasync",
        ]
    }

    private static func check(_ path: String, holds ids: [MachineID], _ what: String) async throws {
        let database = try ShopDatabase.open(path: path)
        let soundness = try await database.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") }
        #expect(soundness == ["ok"], "\(what)")
        let store = MachineStore<ShopExtra>(database)
        for id in ids { #expect(try await store.record(id) != nil, "\(what): machine \(id) is lost") }
        try database.close()
    }
}

/// What a process wrote to its files and when it had them flushed, from strace's notes.
private struct WriteLog {
    private enum Act {
        case write(offset: Int, bytes: [UInt8])
        case truncate(Int)
        case flush
    }

    private struct Event {
        var file: String
        var act: Act
        var began: Double
        var ended: Double
    }

    private let events: [Event]

    var flushes: Int { events.count { if case .flush = $0.act { true } else { false } } }

    /// - Parameter directory: Where each thread's notes are a file.
    /// - Throws: What keeps them from being read.
    init(directory: String) throws {
        var events: [Event] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            let notes = try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name))
            events += notes.split(separator: UInt8(ascii: "\n")).compactMap { Self.event(Array($0)) }
        }
        self.events = events.sorted { $0.began < $1.began }
    }

    /// `TIME NAME(FD<PATH>, "BYTES", COUNT, OFFSET) = RESULT <SECONDS>`; a call that never returned has no result.
    private static func event(_ line: [UInt8]) -> Event? {
        guard let open = line.firstIndex(of: UInt8(ascii: "(")), let close = line.lastIndex(of: UInt8(ascii: ")")),
            let pathBegin = line.firstIndex(of: UInt8(ascii: "<")), let pathEnd = line.firstIndex(of: UInt8(ascii: ">"))
        else { return nil }
        let head = String(decoding: line[..<open], as: UTF8.self).split(separator: " ")
        let tail = String(decoding: line[close...], as: UTF8.self).split(whereSeparator: { " )=<>".contains($0) })
        guard head.count == 2, let began = Double(head[0]), tail.count == 2, let result = Int(tail[0]), result >= 0,
            let seconds = Double(tail[1])
        else { return nil }
        let path = String(decoding: unescaped(line[(pathBegin + 1)..<pathEnd]), as: UTF8.self)
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let rest = line[(pathEnd + 1)..<close]
        let last = rest.split(separator: UInt8(ascii: ",")).last.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let number = Int(last.trimmingCharacters(in: .whitespaces))
        let act: Act
        switch head[1] {
        case "pwrite64":
            let quotes = rest.indices.filter { rest[$0] == UInt8(ascii: "\"") }
            guard let number, quotes.count == 2 else { return nil }
            act = .write(offset: number, bytes: Array(unescaped(rest[(quotes[0] + 1)..<quotes[1]]).prefix(result)))
        case "ftruncate": act = .truncate(number ?? 0)
        default: act = .flush
        }
        return Event(file: file, act: act, began: began, ended: began + seconds)
    }

    /// Bytes that are written as `\x` and two digits each; others stand for themselves.
    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
        func digit(_ byte: UInt8) -> UInt8 { byte <= UInt8(ascii: "9") ? byte - 48 : byte - 87 }
        var (bytes, index): ([UInt8], Int) = ([], text.startIndex)
        bytes.reserveCapacity(text.count / 4)
        while index < text.endIndex {
            guard text[index] == UInt8(ascii: "\\"), index + 3 < text.endIndex else {
                bytes.append(text[index])
                index += 1
                continue
            }
            bytes.append(digit(text[index + 2]) << 4 | digit(text[index + 3]))
            index += 4
        }
        return bytes
    }

    /// The files as they may be found after a cut: all that was flushed, and of the rest any part, down to sectors.
    func files(cutAt time: Double, using generator: inout some RandomNumberGenerator) -> [String: [UInt8]] {
        var durable: [String: [UInt8]] = [:]
        var pending: [String: [Event]] = [:]
        for event in events where event.began <= time {
            guard case .flush = event.act else {
                pending[event.file, default: []].append(event)
                continue
            }
            guard event.ended <= time else { continue }
            let all = pending[event.file] ?? []
            for earlier in all where earlier.ended <= event.began {
                Self.apply(earlier.act, to: &durable[event.file, default: []])
            }
            pending[event.file] = all.filter { $0.ended > event.began }
        }
        for (file, events) in pending {
            for event in events where Bool.random(using: &generator) {
                guard case .write(let offset, let bytes) = event.act else {
                    Self.apply(event.act, to: &durable[file, default: []])
                    continue
                }
                let kept =
                    Bool.random(using: &generator)
                    ? bytes.count : Int.random(in: 0...bytes.count / 512, using: &generator) * 512
                let part = Act.write(offset: offset, bytes: Array(bytes.prefix(kept)))
                Self.apply(part, to: &durable[file, default: []])
            }
        }
        return durable
    }

    private static func apply(_ act: Act, to file: inout [UInt8]) {
        switch act {
        case .write(let offset, let bytes):
            if file.count < offset + bytes.count {
                file += Array(repeating: 0, count: offset + bytes.count - file.count)
            }
            file.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
        case .truncate(let size):
            file = Array(file.prefix(size)) + Array(repeating: 0, count: max(0, size - file.count))
        case .flush: break
        }
    }
}
