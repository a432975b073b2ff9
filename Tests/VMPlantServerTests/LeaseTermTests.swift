import DAGModel
import MachineBook
import SeededRandom
import ShopAPI
import Testing

@testable import VMPlantServer

@Suite("the term of a lease")
struct LeaseTermTests {
    private func clock(_ now: Int64, _ boot: String = "b") -> BootClock { BootClock(boot: boot) { now } }

    private func term(_ duration: Duration, _ end: Lease.End = .collect) -> LeaseTerm {
        LeaseTerm(of: .new(), Lease(duration: duration, end: end), clock(1_000_000))
    }

    @Test("runs, is warned of a tenth before its end, ten minutes at most, and is over")
    func course() {
        var short = term(.seconds(100))
        #expect(short.errand(at: 1_089_999, of: "b") == .nothing)
        #expect(short.errand(at: 1_090_000, of: "b") == .warn)
        short.isWarned = true
        #expect(short.errand(at: 1_099_999, of: "b") == .nothing)
        #expect(short.errand(at: 1_100_000, of: "b") == .collect)
        let long = term(.seconds(7 * 86_400), .suspend)
        #expect(long.notice == 600_000)
        #expect(long.errand(at: 1_000_000 + 7 * 86_400_000, of: "b") == .suspend)
    }

    @Test("with an idle limit is over when nothing was done for so long, unless something is, or its end comes first")
    func idle() {
        let lease = Lease(duration: .seconds(1_000), idle: .seconds(100), end: .suspend)
        var term = LeaseTerm(of: .new(), lease, clock(1_000_000))
        #expect(term.endsIdle && term.due == 1_100_000 && term.notice == 10_000)
        #expect(term.errand(at: 1_089_999, of: "b") == .nothing)
        #expect(term.errand(at: 1_090_000, of: "b") == .warn)
        term.isWarned = true
        #expect(term.errand(at: 1_100_000, of: "b") == .suspend)
        // Not each second is recorded, but what takes a warning back is.
        #expect(term.isWorthRecording(at: 1_001_000))
        term = term.used(at: 1_095_000)
        #expect(!term.isWarned && term.due == 1_195_000)
        #expect(!term.isWorthRecording(at: 1_096_000) && term.isWorthRecording(at: 1_105_000))
        term = term.used(at: 1_950_000)
        #expect(!term.endsIdle && term.due == 2_000_000 && term.notice == 100_000)
        term.isWarned = true
        #expect(term.used(at: 1_960_000).isWarned)
        #expect(term.anchored(to: clock(5, "other"), left: 900_000).active == 5)
    }

    @Test("a machine that stands still does so until its lease is extended")
    func suspended() {
        var suspended = term(.seconds(100), .suspend)
        suspended.isSuspended = true
        #expect(suspended.errand(at: 2_000_000, of: "b") == .nothing)
        suspended.ends = 3_000_000
        #expect(suspended.errand(at: 2_000_000, of: "b") == .resume)
    }

    @Test(
        "after a start of the host it ends by the wall clock, but neither at once nor later than it was given for",
        arguments: 0..<300
    )
    func anchored(seed: Int) {
        var random = SeededGenerator(seed: seed)
        let length = Int64.random(in: 1...10_000_000, using: &random)
        let old = term(.milliseconds(length))
        // As wrong as a wall clock can be: ten years in either direction.
        let left = Int64.random(in: -315_576_000_000...315_576_000_000, using: &random)
        let now = Int64.random(in: 0...1_000_000, using: &random)
        #expect(old.errand(at: now, of: "other") == .anchor)
        let term = old.anchored(to: clock(now, "other"), left: left)
        let rest = term.ends - now
        #expect(rest >= min(length, 300_000) && rest <= length)
        if left >= 300_000, left <= length { #expect(rest == left) }
        #expect(term.errand(at: now, of: "other") == .nothing || rest <= term.notice)
    }
}
