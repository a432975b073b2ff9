import ShopAPI
import Testing

@testable import VMPlantServer

@Suite("whether something is done in a machine")
struct IdleMeterTests {
    private let machine = MachineID.new()

    private func takes(_ meter: inout IdleMeter, _ used: Duration?, _ now: Int64) -> Bool {
        meter.take(used, of: machine, at: now)
    }

    @Test("is told by the share of a processor that it used since the last look")
    func share() {
        var meter = IdleMeter(share: 0.1)
        #expect(takes(&meter, .seconds(5), 10_000))
        #expect(!takes(&meter, .milliseconds(5_900), 20_000))
        #expect(!takes(&meter, .milliseconds(6_900), 30_000))
        #expect(takes(&meter, .milliseconds(8_000), 40_000))
        #expect(!takes(&meter, .milliseconds(8_000), 50_000))
    }

    @Test("is taken for granted where it cannot be told: nobody counts, nobody looked before, it began anew")
    func unknown() {
        var meter = IdleMeter(share: 0.1)
        #expect(takes(&meter, nil, 0))
        #expect(takes(&meter, .seconds(5), 10_000))
        #expect(takes(&meter, .seconds(1), 20_000))
        #expect(!takes(&meter, .seconds(1), 30_000))
        meter.keep([])
        #expect(takes(&meter, .seconds(1), 40_000))
    }

    @Test("is taken for granted after a long time in which nobody looked, whatever the share over all of it")
    func gap() {
        var meter = IdleMeter(share: 0.1)
        #expect(takes(&meter, .seconds(0), 0))
        #expect(!takes(&meter, .seconds(1), 30_000))
        #expect(takes(&meter, .seconds(2), 60_001))
    }

    @Test("is known for a short time after a look; when it was used last is remembered")
    func known() {
        var meter = IdleMeter(share: 0.1)
        #expect(!meter.isKnown(machine, limit: 60_000, at: 0))
        _ = takes(&meter, .seconds(1), 10_000)
        _ = takes(&meter, .seconds(9), 20_000)
        _ = takes(&meter, .seconds(9), 30_000)
        #expect(meter.lastUse(of: machine) == 20_000)
        #expect(meter.isKnown(machine, limit: 60_000, at: 52_000))
        #expect(!meter.isKnown(machine, limit: 60_000, at: 52_001))
        // One that does not run does nothing, which is known too.
        meter.rest(machine, at: 60_000)
        #expect(meter.lastUse(of: machine) == 20_000 && meter.isKnown(machine, limit: 4_000, at: 64_000))
        #expect(takes(&meter, .milliseconds(3_100), 61_000))
    }

    @Test("is looked at every ten seconds, more often where the limit is short, once a second at most")
    func intervals() {
        var meter = IdleMeter(share: 0.1)
        #expect(meter.isDue(machine, limit: 1_000, at: 0))
        _ = meter.take(.zero, of: machine, at: 0)
        for (limit, interval) in [(3_600_000, 10_000), (20_000, 5_000), (1_000, 1_000)] as [(Int64, Int64)] {
            #expect(!meter.isDue(machine, limit: limit, at: interval - 1))
            #expect(meter.isDue(machine, limit: limit, at: interval))
        }
    }
}
