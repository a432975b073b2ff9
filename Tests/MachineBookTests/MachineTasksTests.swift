import MachineBook
import ShopAPI
import Testing
import VMShopTesting

@Suite("work on machines: one piece at a time", .timeLimit(.minutes(1)))
struct MachineTasksTests {
    let tasks = MachineTasks()
    let id = MachineID.new()

    @Test("a machine that is being worked on takes no other work, another machine does")
    func exclusion() async {
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        #expect(await tasks.begin(.creating, on: id) { for await _ in gate { return } })
        #expect(await !tasks.begin(.configuring, on: id) { Issue.record("ran beside other work") })
        let other = MachineID.new()
        #expect(await tasks.begin(.creating, on: other) {})
        await tasks.join(other)
        #expect(await tasks.busy == [id])
        opening.yield()
        await tasks.join(id)
        #expect(await tasks.busy.isEmpty)
    }

    @Test("settling is waited for, and refuses nothing")
    func settling() async {
        let log = Log()
        #expect(await tasks.begin(.settling, on: id) { await log.slowly("settled") })
        #expect(await tasks.begin(.creating, on: id) { await log.add("created") })
        await tasks.join(id)
        #expect(await log.lines == ["settled", "created"])
    }

    @Test("superseding work cancels what is under way, waits for its end, and then runs")
    func superseding() async {
        let log = Log()
        await tasks.begin(.creating, on: id) {
            try? await Task.sleep(for: .seconds(1000))
            await log.add(Task.isCancelled ? "cancelled" : "not cancelled")
        }
        await tasks.supersede(with: .collecting, on: id) { await log.slowly("collected") }
        await tasks.supersede(with: .collecting, on: id) { await log.add("twice") }
        await tasks.join(id)
        #expect(await log.lines == ["cancelled", "collected"])
    }

    @Test("of many that want to supersede at once, one does")
    func race() async {
        let log = Log()
        await tasks.begin(.creating, on: id) { try? await Task.sleep(for: .seconds(1000)) }
        await withDiscardingTaskGroup { group in
            for _ in 0..<50 {
                group.addTask { await tasks.supersede(with: .collecting, on: id) { await log.slowly("one") } }
            }
        }
        await tasks.join(id)
        #expect(await log.lines == ["one"])
    }

    @Test("closing ends all work and lets none begin")
    func closing() async {
        let log = Log()
        for _ in 0..<5 {
            await tasks.begin(.creating, on: .new()) {
                try? await Task.sleep(for: .seconds(1000))
                await log.add("ended")
            }
        }
        await tasks.close()
        #expect(await log.lines.count == 5)
        #expect(await !tasks.begin(.creating, on: id) { Issue.record("began after the end") })
        await tasks.supersede(with: .collecting, on: id) { Issue.record("began after the end") }
        #expect(await tasks.busy.isEmpty)
    }

    private actor Log {
        var lines: [String] = []
        func add(_ line: String) { lines.append(line) }
        func slowly(_ line: String) async {
            try? await Task.sleep(for: .milliseconds(20))
            add(line)
        }
    }
}
