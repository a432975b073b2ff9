import DAGModel
import ShopAPI

/// Tells machines in which something is done from others, by the processor time that their domains use.
struct IdleMeter: Sendable {
    private struct Sample {
        /// When the machine was looked at last.
        var time: Int64
        var used: Duration
        /// When it was found in use last.
        var lastUse: Int64
    }

    /// The share of a processor up to which a machine does nothing.
    let share: Double
    private var samples: [MachineID: Sample] = [:]

    private static let longestInterval: Int64 = 10_000
    private static let shortestInterval: Int64 = 1_000
    /// After a longer time nobody knows what was in it.
    private static let longestGap: Int64 = 30_000

    /// A meter.
    init(share: Double) { self.share = share }

    private static func interval(_ limit: Int64) -> Int64 { min(longestInterval, max(shortestInterval, limit / 4)) }

    /// Whether it is time to look at a machine again.
    ///
    /// - Parameters:
    ///   - machine: The machine.
    ///   - limit: Milliseconds that it may do nothing.
    ///   - now: Milliseconds since the boot.
    /// - Returns: Whether it is.
    func isDue(_ machine: MachineID, limit: Int64, at now: Int64) -> Bool {
        guard let last = samples[machine] else { return true }
        return now - last.time >= Self.interval(limit)
    }

    /// Whether a machine was looked at just now, so that it is known whether it is idle.
    ///
    /// - Parameters:
    ///   - machine: The machine.
    ///   - limit: Milliseconds that it may do nothing.
    ///   - now: Milliseconds since the boot.
    /// - Returns: Whether it was.
    func isKnown(_ machine: MachineID, limit: Int64, at now: Int64) -> Bool {
        guard let last = samples[machine] else { return false }
        return now - last.time <= 2 * Self.interval(limit) + 2 * Self.shortestInterval
    }

    /// Takes what a machine's domain has used so far.
    ///
    /// - Parameters:
    ///   - used: Processor time since the domain's start; nothing where nobody counts it.
    ///   - machine: The machine.
    ///   - now: Milliseconds since the boot.
    /// - Returns: Whether something was done in it since the last look. What nobody saw or counts is taken for done: the first
    ///   look, after a start of the plant say, tells nothing of what was before, nor does one after a long time.
    mutating func take(_ used: Duration?, of machine: MachineID, at now: Int64) -> Bool {
        let isUsed = isUsed(used, samples[machine], at: now)
        let lastUse = isUsed ? now : samples[machine]?.lastUse ?? now
        samples[machine] = Sample(time: now, used: used ?? .zero, lastUse: lastUse)
        return isUsed
    }

    private func isUsed(_ used: Duration?, _ last: Sample?, at now: Int64) -> Bool {
        guard let used, let last, now > last.time, now - last.time <= Self.longestGap else { return true }
        // A domain that was started anew begins at nothing.
        guard used >= last.used else { return true }
        return Double((used - last.used).milliseconds) > share * Double(now - last.time)
    }

    /// Takes that a machine does not run.
    mutating func rest(_ machine: MachineID, at now: Int64) {
        samples[machine] = Sample(time: now, used: .zero, lastUse: samples[machine]?.lastUse ?? now)
    }

    /// When a machine was found in use last; nothing for one that was never looked at.
    func lastUse(of machine: MachineID) -> Int64? { samples[machine]?.lastUse }

    /// Forgets all machines but these.
    mutating func keep(_ machines: Set<MachineID>) { samples = samples.filter { machines.contains($0.key) } }
}

/// The meter of a running plant.
actor IdleWatch {
    private(set) var meter: IdleMeter

    init(share: Double) { meter = IdleMeter(share: share) }

    func take(_ used: Duration?, of machine: MachineID, at now: Int64) -> Bool {
        meter.take(used, of: machine, at: now)
    }

    func rest(_ machine: MachineID, at now: Int64) { meter.rest(machine, at: now) }

    func keep(_ machines: Set<MachineID>) { meter.keep(machines) }
}
