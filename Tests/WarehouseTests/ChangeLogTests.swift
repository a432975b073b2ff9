import FoundationEssentials
import Testing

@testable import Warehouse

@Suite("The log of changes")
struct ChangeLogTests {
    let fixture: WarehouseFixture
    let log: ChangeLog

    init() throws {
        self.fixture = try WarehouseFixture()
        let layout = WarehouseLayout(directory: try PlainPath(self.fixture.folder("warehouse")))
        for folder in [layout.directory, layout.images, layout.locks] { try Folder.ensure(folder) }
        self.log = ChangeLog(layout)
    }

    private var path: String { self.log.path.description }

    @Test("tells each reader which names were worked on since it read last, and no other")
    func names() throws {
        var reader = ChangeReader()
        #expect(try reader.read(self.log) == .names([]))
        try self.log.note(.begun, "a")
        #expect(try reader.read(self.log) == .everything)
        try self.log.note(.ended, "a")
        try self.log.note(.begun, "b")
        try self.log.note(.ended, "b")
        #expect(try reader.read(self.log) == .names(["a", "b"]))
        #expect(try reader.read(self.log) == .names([]))
        var late = ChangeReader()
        #expect(try late.read(self.log) == .everything)
        #expect(try late.read(self.log) == .names([]))
    }

    @Test("has readers look each time at what was begun and not ended")
    func open() throws {
        var reader = ChangeReader()
        try self.log.note(.begun, "killed")
        _ = try reader.read(self.log)
        for _ in 1...3 { #expect(try reader.read(self.log) == .names(["killed"])) }
        try self.log.note(.begun, "killed")
        try self.log.note(.ended, "killed")
        #expect(try reader.read(self.log) == .names(["killed"]))
        #expect(try reader.read(self.log) == .names([]))
    }

    @Test("sees a file that was put in its place, cut or removed, whatever is in it")
    func otherFile() throws {
        var reader = ChangeReader()
        try self.log.note(.begun, "a")
        try self.log.note(.ended, "a")
        _ = try reader.read(self.log)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: self.path)))

        // The last line is lost, as after a power failure, and another of the same length takes its place.
        try Data(bytes.dropLast(30)).write(to: URL(filePath: self.path))
        #expect(try reader.read(self.log) == .everything)
        try self.log.note(.begun, "a")
        try self.log.note(.ended, "a")
        #expect(try reader.read(self.log) == .names(["a"]))
        let position = reader
        try Data(bytes).write(to: URL(filePath: self.path))
        #expect(try reader.read(self.log) == .everything)

        try FileManager.default.removeItem(atPath: self.path)
        reader = position
        #expect(try reader.read(self.log) == .everything)
        #expect(try reader.read(self.log) == .names([]))
        try Data("no log\nat all".utf8).write(to: URL(filePath: self.path))
        #expect(try reader.read(self.log) == .everything)
    }

    @Test("goes on after half a line of a writer that was killed")
    func torn() throws {
        var reader = ChangeReader()
        try self.log.note(.begun, "a")
        _ = try reader.read(self.log)
        let whole = [UInt8](try Data(contentsOf: URL(filePath: self.path)))
        try Data(whole + Array("+ half-of-a-na".utf8)).write(to: URL(filePath: self.path))
        #expect(try reader.read(self.log) == .names(["a"]))
        try self.log.note(.ended, "a")
        try self.log.note(.begun, "b")
        #expect(try reader.read(self.log) == .names(["a", "b"]))
        #expect(try reader.read(self.log) == .names(["b"]))
    }

    @Test("stays small; readers find again where they were, and nothing that was begun is forgotten")
    func compaction() throws {
        try self.log.note(.begun, "killed")
        var old = ChangeReader()
        _ = try old.read(self.log)
        let text = (0..<12_000).map { "- done-\($0) 0123456789abcdef\n" }.joined()
        let before = [UInt8](try Data(contentsOf: URL(filePath: self.path)))
        try Data(before + Array(text.utf8)).write(to: URL(filePath: self.path))
        var reader = ChangeReader()
        _ = try reader.read(self.log)
        try self.log.note(.begun, "last")
        #expect(try Data(contentsOf: URL(filePath: self.path)).count < ChangeLog.usualBytes)
        #expect(try reader.read(self.log) == .names(["killed", "last"]))
        #expect(try reader.read(self.log) == .names(["killed", "last"]))
        #expect(try old.read(self.log) == .everything)
        #expect(old.open == ["killed", "last"])
    }

    @Test("keeps every line of many writers at once")
    func writers() async throws {
        var reader = ChangeReader()
        try self.log.note(.begun, "first")
        _ = try reader.read(self.log)
        let log = self.log
        await withTaskGroup { group in
            for writer in 0..<4 {
                group.addTask {
                    for index in 0..<25 { try? log.note(.begun, "w\(writer)-\(index)") }
                }
            }
        }
        guard case .names(let names) = try reader.read(self.log) else {
            Issue.record("the file is another one")
            return
        }
        #expect(names.count == 101)
    }

    @Test("is told of each publication, replacement and removal, from before the first change until after the last")
    func publishing() async throws {
        let warehouse = self.fixture.warehouse
        var reader = ChangeReader()
        try await warehouse.publish(try self.fixture.draft("a"))
        #expect(try reader.read(self.log) == .everything)
        #expect(reader.open.isEmpty)
        var watching = warehouse
        let log = self.log
        watching.observer = { _ throws(WarehouseError) in
            var reader = ChangeReader()
            _ = try reader.read(log)
            #expect(reader.open == ["a"])
        }
        try await watching.publish(try self.fixture.draft("a", fill: 2), replace: true)
        #expect(try reader.read(self.log) == .names(["a"]))
        try await warehouse.remove("a")
        #expect(try reader.read(self.log) == .names(["a"]))
        #expect(try reader.read(self.log) == .names([]))
    }

    @Test("keeps an image from being changed where it cannot be written")
    func unwritable() async throws {
        try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: false)
        let draft = try self.fixture.draft("a")
        await #expect(throws: WarehouseError.self) { try await self.fixture.warehouse.publish(draft) }
        #expect(try self.fixture.images() == [])
    }
}
