import ServerSettings
import ShopAPI
import Synchronization
import VMShopServer

/// A site of simulated plants in simulated time, in which things go wrong as its seed says, and which must be in order some time after
/// nothing goes wrong any more.
public struct Trial: Sendable {
    /// What came of a trial.
    public struct Report: Sendable, Hashable {
        /// The seed.
        public var seed: UInt64
        /// What must never be, and was; none in a sound run.
        public var violations: [String] = []
        /// What happened, line by line.
        public var log: [String] = []
        /// How many machines were asked for.
        public var machines = 0
        /// How many of them became ready at a plant.
        public var made = 0
        /// How much time passed in the site until it was in order.
        public var simulated = Duration.zero
    }

    private let settings: ShopSettings
    /// Once nothing goes wrong and nobody is at work on a machine any more, a site must be in order within this (I9 of docs/reliability.md). Shorter than
    /// the time between two looks of a shop through all its plants, which would put right what is not owed.
    private static let patience = Duration.seconds(10)
    /// Where a book was lost, what it owed is found by such a look only.
    private static let patienceAfterLoss = Duration.seconds(40)
    /// And nobody must be at work within this.
    private static let longest = Duration.seconds(600)

    /// Trials of shops with the usual settings, but for short deadlines.
    ///
    /// - Throws: ``SettingsError``.
    public init() async throws {
        let flags = [
            "state.directory=/nonexistent", "timeouts.estimate=2", "timeouts.accept=2", "timeouts.silence=8",
        ]
        let sources = SettingsSources(flags: flags, file: nil, defaultFiles: [], environmentPrefix: "-")
        settings = try ShopSettings(await sources.reader())
    }

    /// Runs the trial of a seed. No other task of the process runs meanwhile.
    ///
    /// - Parameter seed: The seed.
    /// - Returns: What came of it.
    public func run(seed: UInt64) -> Report {
        let clock = VirtualClock()
        let site = TrialSite(TrialPlan(seed: seed), clock, settings)
        let report = Mutex(Report(seed: seed))
        do {
            try TaskSchedule.run(seed: seed, clock) {
                await ServiceTime.$process.withValue(SimulatedProcess(clock)) {
                    let violations = await Self.violations(site)
                    let made = await site.made
                    report.withLock { ($0.violations, $0.made) = (violations, made) }
                    await site.end()
                }
            }
        } catch {
            report.withLock { $0.violations.append("\(error)") }
        }
        return report.withLock { report in
            report.log = site.log.lines
            report.machines = site.plan.errands.count
            report.simulated = clock.elapsed
            return report
        }
    }

    private static func violations(_ site: TrialSite) async -> [String] {
        do {
            try await site.start()
            return await withDiscardingTaskGroup { group in
                group.addTask { await site.keepTelling() }
                defer { group.cancelAll() }
                async let suffering: Void = site.suffer()
                async let gang = gang(site)
                let outcomes = await outcomes(site)
                let wholes = await gang
                try? await suffering
                guard await awaitRest(site) else { return ["something is still being done after \(longest)"] }
                return await settled(TrialAudit(site: site, outcomes: outcomes, gang: wholes), site.clock)
            }
        } catch {
            return ["\(error)"]
        }
    }

    private static func outcomes(_ site: TrialSite) async -> [TrialClient.Outcome] {
        await withTaskGroup { group in
            for errand in site.plan.errands {
                let client = TrialClient(site, errand)
                group.addTask { await client.run() }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.id < $1.id }
        }
    }

    private static func gang(_ site: TrialSite) async -> TrialGang.Outcome? {
        guard let errand = site.plan.gang else { return nil }
        return await TrialGang(site, errand).run()
    }

    /// Waits until nobody is at work on a machine.
    ///
    /// - Returns: Whether that came to an end.
    private static func awaitRest(_ site: TrialSite) async -> Bool {
        let end = site.clock.now + longest
        while await site.isAtWork {
            guard site.clock.now < end, (try? await site.clock.sleep(for: .milliseconds(100))) != nil else {
                return false
            }
        }
        return true
    }

    /// What is wrong once everything has had time to come to rest.
    private static func settled(_ audit: TrialAudit, _ clock: VirtualClock) async -> [String] {
        let end = clock.now + (await audit.site.forgetful.isEmpty ? patience : patienceAfterLoss)
        while true {
            let violations = await audit.violations()
            guard !violations.isEmpty, clock.now < end, (try? await clock.sleep(for: .seconds(1))) != nil else {
                return violations
            }
        }
    }
}
