import DAGModel
import ShopAPI

/// Tells machines in which something is done from others, by the processor time that their domains use.
struct IdleMeter: Sendable {
    private struct Sample {
        var time: Int64
        var used: Duration
    }

    /// The share of a processor up to which a machine does nothing.
    let share: Double
    private var samples: [MachineID: Sample] = [:]

    private static let longestInterval: Int64 = 10_000
    private static let shortestInterval: Int64 = 1_000

    /// A meter.
    init(share: Double) { self.share = share }

    /// Whether it is time to look at a machine again.
    ///
    /// - Parameters:
    ///   - machine: The machine.
    ///   - limit: Milliseconds that it may do nothing.
    ///   - now: Milliseconds since the boot.
    /// - Returns: Whether it is.
    func isDue(_ machine: MachineID, limit: Int64, at now: Int64) -> Bool {
        guard let last = samples[machine] else { return true }
        return now - last.time >= min(Self.longestInterval, max(Self.shortestInterval, limit / 4))
    }

    /// Takes what a machine's domain has used so far.
    ///
    /// - Parameters:
    ///   - used: Processor time since the domain's start; nothing where nobody counts it.
    ///   - machine: The machine.
    ///   - now: Milliseconds since the boot.
    /// - Returns: Whether something was done in it since the last look. What nobody saw or counts is taken for done: the first
    ///   look, after a start of the plant say, tells nothing of what was before.
    mutating func take(_ used: Duration?, of machine: MachineID, at now: Int64) -> Bool {
        guard let used else { return true }
        defer { samples[machine] = Sample(time: now, used: used) }
        guard let last = samples[machine], now > last.time else { return true }
        // A domain that was started anew begins at nothing.
        guard used >= last.used else { return true }
        return Double((used - last.used).milliseconds) > share * Double(now - last.time)
    }

    /// Forgets all machines but these.
    mutating func keep(_ machines: Set<MachineID>) { samples = samples.filter { machines.contains($0.key) } }
}

/// The meter of a running plant.
actor IdleWatch {
    private var meter: IdleMeter

    init(share: Double) { meter = IdleMeter(share: share) }

    func isDue(_ machine: MachineID, limit: Int64, at now: Int64) -> Bool {
        meter.isDue(machine, limit: limit, at: now)
    }

    func take(_ used: Duration?, of machine: MachineID, at now: Int64) -> Bool {
        meter.take(used, of: machine, at: now)
    }

    func keep(_ machines: Set<MachineID>) { meter.keep(machines) }
}
