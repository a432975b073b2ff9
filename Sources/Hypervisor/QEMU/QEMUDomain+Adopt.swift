import BlockingCalls
import QMP

extension QEMUDomain {
    /// How long a QEMU that is taken up may take to say how it is. One that stands still is taken up all the same.
    private static let patience = Duration.seconds(2)

    /// Takes up the QEMU that an earlier plant started, if it is there still.
    func adopt() async {
        guard let arguments = record.arguments else { return }
        let place = place
        let process = await context.queue.run {
            place.processID.flatMap { QEMUProcess.adopt($0, arguments: arguments) }
        }
        guard let process else {
            record.arguments = nil
            record.hasFailed = record.hasRun
            try? await persist()
            return
        }
        follow(process)
        guard record.hasRun else { return }
        (standing, isAnnounced) = (.running, true)
        _ = try? await connected(Self.patience)
        await look()
    }

    /// Asks the QEMU what it is doing, where that may have been missed.
    func look() async {
        guard process != nil, !isStarting else { return }
        let answer = try? await command("query-status", deadline: Self.patience)
        switch answer?["status"]?.text {
        case "running": if record.hasRun { announce() }
        case "io-error": standing = .stalled
        case "paused", "prelaunch", "postmigrate", "inmigrate": standing = .paused
        case "guest-panicked", "internal-error", "shutdown": standing = .crashed
        default: break
        }
    }
}
