import SeededRandom
import Testing
import Warehouse

@testable import VMPlantServer

@Suite("which images are on their way")
struct TransferTableTests {
    private static func image(_ number: Int) -> ImageReference {
        ImageReference(name: "i\(number)", digest: "sha256:\(number)")
    }

    @Test("whoever asks for an image that is on its way joins in, and all are told of its end")
    func joining() {
        var table = TransferTable(limit: 4)
        let image = Self.image(1)
        var begun: [Bool] = []
        for waiter in [1, 2, nil] { begun.append(table.ask(waiter, for: image)) }
        #expect(begun == [true, false, false])
        #expect(table.running == 1)
        let end = table.end(image)
        #expect(end.waiters == [1, 2] && end.next == nil && table.running == 0)
        let again = table.ask(3, for: image)
        #expect(again)
    }

    @Test("so many travel at a time; the others follow in their order")
    func limit() {
        var table = TransferTable(limit: 2)
        var begun: [Bool] = []
        for waiter in 1...4 { begun.append(table.ask(waiter, for: Self.image(waiter))) }
        #expect(begun == [true, true, false, false])
        var next: [ImageReference?] = []
        for ended in [2, 1, 3] { next.append(table.end(Self.image(ended)).next) }
        #expect(next == [Self.image(3), Self.image(4), nil] && table.running == 1)
    }

    @Test("it is given up when the last who waits has gone, unless it was ordered")
    func leaving() {
        var table = TransferTable(limit: 1)
        _ = table.ask(1, for: Self.image(1))
        _ = table.ask(2, for: Self.image(1))
        var ends: [Bool] = []
        for waiter in [1, 2, 2] { ends.append(table.leave(waiter, Self.image(1))) }
        #expect(ends == [false, true, false], "it is said once, when nobody is left")
        // What has not begun is forgotten at once.
        _ = table.ask(3, for: Self.image(2))
        let queued = table.leave(3, Self.image(2))
        let next = table.end(Self.image(1)).next
        #expect(!queued && next == nil)
        _ = table.ask(nil, for: Self.image(3))
        _ = table.ask(4, for: Self.image(3))
        let ordered = table.leave(4, Self.image(3))
        #expect(!ordered)
    }

    @Test("whatever happens, never more run than may, everybody is told once, and nothing is left", arguments: 1...20)
    func property(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = TransferTable(limit: 3)
        var running: Set<ImageReference> = []
        var waiting: [Int: ImageReference] = [:]
        for waiter in 0..<500 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let image = Self.image(Int.random(in: 0..<8, using: &random))
                if table.ask(waiter, for: image) { #expect(running.insert(image).inserted) }
                waiting[waiter] = image
            case 2:
                guard let (left, image) = waiting.randomElement(using: &random) else { continue }
                waiting[left] = nil
                if table.leave(left, image) { #expect(!waiting.values.contains(image)) }
            default:
                guard let image = running.randomElement(using: &random) else { continue }
                let end = table.end(image)
                running.remove(image)
                #expect(end.waiters == Set(waiting.filter { $0.value == image }.keys))
                waiting = waiting.filter { $0.value != image }
                if let next = end.next { #expect(running.insert(next).inserted) }
            }
            #expect(table.running == running.count && running.count <= 3)
        }
        while let image = running.popFirst() {
            let end = table.end(image)
            for waiter in end.waiters { waiting[waiter] = nil }
            if let next = end.next { running.insert(next) }
        }
        #expect(waiting.isEmpty)
    }

    @Test("a source's speed is assumed until it has sent something, then learned, the newest counting most")
    func speed() {
        var speed = SourceSpeed()
        #expect(speed.bytesPerSecond == SourceSpeed.assumed && speed.basis.contains("assumed"))
        speed.learn(bytes: 100, seconds: 50)
        #expect(speed.samples == 0, "too small to say anything")
        for _ in 0..<3 { speed.learn(bytes: 10 << 20, seconds: 1) }
        #expect(abs(speed.bytesPerSecond - Double(10 << 20)) < 1)
        for _ in 0..<8 { speed.learn(bytes: 20 << 20, seconds: 1) }
        #expect(abs(speed.bytesPerSecond - Double(20 << 20)) < Double(1 << 20))
        #expect(speed.basis.hasSuffix("MB/s by 11 transfers"))
    }
}
