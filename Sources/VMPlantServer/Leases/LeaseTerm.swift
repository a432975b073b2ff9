import DAGModel
import ShopAPI

/// The lease of a machine, by a clock that nobody sets (``BootClock``). Pure: it is told what time it is.
struct LeaseTerm: Sendable, Hashable {
    var machine: MachineID
    /// Milliseconds that it was given for last.
    var length: Int64
    /// When it is over.
    var ends: Int64
    /// Which boot of the host that time is of.
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
        ends = clock.now() + length
        boot = clock.boot
        end = lease.end
    }

    init(machine: MachineID, length: Int64, ends: Int64, boot: String, end: Lease.End) {
        self.machine = machine
        self.length = length
        self.ends = ends
        self.boot = boot
        self.end = end
    }

    /// The machine's owner is warned a tenth of the lease before its end: ten minutes at most, and no less than the reaper needs
    /// to see it before.
    private static let longestWarning: Int64 = 600_000
    private static let shortestWarning: Int64 = 2_500
    /// However far the wall clock is off after a start of the host, the owner has so long.
    private static let leastAfterBoot: Int64 = 300_000

    /// Milliseconds before the end at which the owner is warned.
    var notice: Int64 { min(max(length / 10, Self.shortestWarning), Self.longestWarning) }

    func errand(at now: Int64, of boot: String) -> Errand {
        guard boot == self.boot else { return .anchor }
        guard now < ends else { return isSuspended ? .nothing : end == .collect ? .collect : .suspend }
        if isSuspended { return .resume }
        return !isWarned && now >= ends - notice ? .warn : .nothing
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
        term.ends = clock.now() + min(length, max(left, min(length, Self.leastAfterBoot)))
        return term
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
