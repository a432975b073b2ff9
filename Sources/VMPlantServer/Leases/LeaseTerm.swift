import DAGModel
import ShopAPI

/// The lease of a machine, by a clock that nobody sets (``BootClock``). Pure: it is told what time it is.
struct LeaseTerm: Sendable, Hashable {
    var machine: MachineID
    /// Milliseconds that it was given for last.
    var length: Int64
    /// When it is over.
    var ends: Int64
    /// Milliseconds that nothing may be done in it; nothing where that does not matter.
    var idle: Int64?
    /// When something was done in it last, as far as is recorded.
    var active: Int64
    /// Which boot of the host these times are of.
    var boot: String
    /// Whether the machine's events say that it ends soon.
    var isWarned = false
    /// Whether the machine was made to stand still, and still does.
    var isSuspended = false
    var end: Lease.End

    /// What is to be done now.
    enum Errand: Sendable, Hashable {
        case nothing
        /// The host was started anew: its end has to be found by the wall clock.
        case anchor
        case warn
        case collect, suspend
        /// It was extended while the machine stood still.
        case resume
    }

    /// A lease of that length from now on.
    init(of machine: MachineID, _ lease: Lease, _ clock: BootClock) {
        self.machine = machine
        length = lease.duration.milliseconds
        active = clock.now()
        ends = active + length
        idle = lease.idle?.milliseconds
        boot = clock.boot
        end = lease.end
    }

    init(machine: MachineID, length: Int64, ends: Int64, active: Int64 = 0, boot: String, end: Lease.End) {
        self.machine = machine
        self.length = length
        self.ends = ends
        self.active = active
        self.boot = boot
        self.end = end
    }

    /// When it is over: at its end, or when nothing was done in the machine for as long as may be.
    var due: Int64 { min(ends, idle.map { active + $0 } ?? .max) }

    /// Whether it is over because nothing was done, and not because it is.
    var endsIdle: Bool { due < ends }

    /// The machine's owner is warned a tenth of the lease before its end: ten minutes at most, and no less than the reaper needs
    /// to see it before.
    private static let longestWarning: Int64 = 600_000
    private static let shortestWarning: Int64 = 2_500
    /// However far the wall clock is off after a start of the host, the owner has so long.
    private static let leastAfterBoot: Int64 = 300_000

    /// Milliseconds before the end at which the owner is warned.
    var notice: Int64 {
        min(max((endsIdle ? idle ?? length : length) / 10, Self.shortestWarning), Self.longestWarning)
    }

    /// The lease after something was done in the machine.
    func used(at now: Int64) -> LeaseTerm {
        var term = self
        term.active = max(active, now)
        if isWarned, endsIdle { term.isWarned = false }
        return term
    }

    /// Whether that is to be recorded now: not each second that somebody works.
    func isWorthRecording(at now: Int64) -> Bool {
        guard let idle, !isSuspended else { return false }
        return isWarned && endsIdle || now - active >= max(1_000, idle / 10)
    }

    func errand(at now: Int64, of boot: String) -> Errand {
        guard boot == self.boot else { return .anchor }
        guard now < due else { return isSuspended ? .nothing : end == .collect ? .collect : .suspend }
        if isSuspended { return .resume }
        return !isWarned && now >= due - notice ? .warn : .nothing
    }

    /// The lease after a start of the host: it ends when the wall clock says, but neither at once nor later than if it had
    /// just been given.
    ///
    /// - Parameters:
    ///   - clock: The clock since then.
    ///   - left: Milliseconds until its end, by the wall clock.
    /// - Returns: The lease by the new clock.
    func anchored(to clock: BootClock, left: Int64) -> LeaseTerm {
        var term = self
        term.boot = clock.boot
        term.isWarned = false
        term.active = clock.now()
        term.ends = term.active + min(length, max(left, min(length, Self.leastAfterBoot)))
        return term
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
