import BlockingCalls
import QMP

/// One domain that runs without libvirt: its record, and the QEMU that runs it, if one does.
///
/// The QEMU is not waited for but by who asks something of it. So one that stands still holds up no other, and can always
/// be ended: that needs its process only.
actor QEMUDomain {
    private(set) var place: QEMUPlace
    let context: QEMUContext
    var record: QEMURecord
    var name: String { record.spec.name }

    /// The QEMU, from its start to its end.
    var process: QEMUProcess?
    /// The connection to its monitor; a plant that was started anew may have none yet.
    var client: QMPClient?
    /// What the QEMU was doing when it was last heard of.
    var standing = DomainState.paused
    var isStarting = false
    /// Whether readers of events heard that it runs.
    var isAnnounced = false

    private var pump: Task<Void, Never>?
    private var writing: Task<Result<Void, HypervisorError>, Never>?
    /// Whether we end it ourselves.
    private var isEnding = false
    /// Whether the guest, or somebody else, ended it in good order.
    private var hasShutDown = false
    private var isLeaving = false
    /// How often it was heard that the guest stands still.
    private(set) var stops = 0

    /// A domain whose record is written down, or will be by ``persist()``.
    init(_ record: QEMURecord, in place: QEMUPlace, _ context: QEMUContext) {
        (self.record, self.place, self.context) = (record, place, context)
    }

    /// What it is doing.
    var state: DomainState {
        guard process != nil else { return record.hasFailed ? .crashed : .stopped }
        return standing
    }

    /// What it is.
    var marked: MarkedDomain {
        MarkedDomain(
            name: name,
            uuid: record.uuid,
            machineID: record.spec.machineID,
            plant: record.plant,
            state: state
        )
    }

    /// Writes the record, after all that was to be written before.
    func persist() async throws(HypervisorError) {
        let (record, place) = (record, place)
        try await inOrder { () throws(HypervisorError) in try place.write(record) }
    }

    /// Does something to the domain's directory, after all that was to be done to it before.
    private func inOrder(_ act: @escaping @Sendable () throws(HypervisorError) -> Void) async throws(HypervisorError) {
        let (queue, before) = (context.queue, writing)
        // UNSTRUCTURED: awaited here; it ends when that is done.
        let task = Task { () -> Result<Void, HypervisorError> in
            _ = await before?.value
            do throws(HypervisorError) {
                return .success(try await queue.run(act))
            } catch {
                return .failure(error)
            }
        }
        writing = task
        try await task.value.get()
    }

    /// Makes it another one: from its next start on.
    func redefine(_ record: QEMURecord) async throws(HypervisorError) {
        self.record.spec = record.spec
        self.record.usesKVM = record.usesKVM
        try await persist()
    }

    /// Gives it another name and another place. Its QEMU, which was started under the old one, runs on.
    ///
    /// The record is written first: whatever a crash leaves, the domain is known by the new name.
    func rename(to spec: DomainSpec, in fresh: QEMUPlace) async throws(HypervisorError) {
        let (old, before) = (place, record.spec)
        record.spec = spec
        place = fresh
        let record = record
        do throws(HypervisorError) {
            try await inOrder { () throws(HypervisorError) in
                try old.write(record)
                try old.move(to: fresh)
            }
        } catch {
            (place, self.record.spec) = (old, before)
            try? await persist()
            throw error
        }
    }

    /// Forgets it: at once, or when it stops.
    ///
    /// - Returns: Whether it is forgotten.
    func forget() async throws(HypervisorError) -> Bool {
        guard process == nil else {
            isLeaving = true
            return false
        }
        _ = await writing?.value
        let place = place
        try await context.queue.run { () throws(HypervisorError) in try place.remove() }
        return true
    }

    // MARK: The life of its QEMU

    /// Takes up a QEMU that has been started.
    func follow(_ process: QEMUProcess) {
        self.process = process
        (isEnding, hasShutDown, isAnnounced, standing) = (false, false, false, .paused)
        // UNSTRUCTURED: ends with the QEMU.
        Task { await self.hasEnded(process, await process.end() ?? .unknown) }
    }

    /// The connection to the QEMU's monitor, made anew where there is none.
    func connected(_ deadline: Duration? = nil) async throws(HypervisorError) -> QMPClient {
        if let client, client.isOpen { return client }
        guard let process else { throw HypervisorError(.failed, "\(name) is not running") }
        let (place, deadline) = (place, deadline ?? context.settings.deadline)
        let client = try await commanding(name) { () throws(QMPError) in
            guard let directory = try? place.opened() else { throw QMPError(.unavailable, "no directory") }
            defer { withExtendedLifetime(directory) {} }
            return try await QMPClient.connect(to: "monitor", in: directory.number, deadline: deadline)
        }
        guard self.process === process else { throw HypervisorError(.failed, "\(name) has ended") }
        self.client = client
        let events = client.events
        // UNSTRUCTURED: ends with the connection, which ends with the QEMU.
        pump = Task { for await event in events { self.take(event) } }
        return client
    }

    /// Has the QEMU do something.
    @discardableResult
    func command(
        _ command: String,
        _ arguments: QMPValue = [:],
        descriptor: OwnedDescriptor? = nil,
        deadline: Duration? = nil
    ) async throws(HypervisorError) -> QMPValue {
        let deadline = deadline ?? context.settings.deadline
        let client = try await connected(deadline)
        return try await commanding(name) { () throws(QMPError) in
            defer { withExtendedLifetime(descriptor) {} }
            return try await client.execute(command, arguments, descriptor: descriptor?.number, deadline: deadline)
        }
    }

    /// Tells that it runs, unless that is known.
    func announce() {
        standing = .running
        guard !isAnnounced else { return }
        isAnnounced = true
        context.events.tell(HypervisorEvent(.started, name: name, machineID: record.spec.machineID))
    }

    /// Ends the QEMU: asked first, by force if it does not.
    func end() async throws(HypervisorError) {
        guard let process else { return }
        isEnding = true
        if let client, client.isOpen { _ = try? await client.execute("quit", deadline: .seconds(1)) }
        if await process.end(within: .milliseconds(500)) == nil { process.kill() }
        guard let end = await process.end(within: context.settings.deadline) else {
            throw HypervisorError(.timedOut, "the QEMU of \(name), process \(process.id), does not end")
        }
        await hasEnded(process, end)
    }

    private func take(_ event: QMPEvent) {
        switch event.name {
        case "SHUTDOWN": hasShutDown = event.data["reason"]?.text != "guest-panic"
        case "RESUME": if !isStarting { announce() }
        case "STOP":
            stops += 1
            if standing == .running { standing = .paused }
        case "BLOCK_IO_ERROR": if event.data["action"]?.text == "stop" { standing = .stalled }
        default: break
        }
    }

    private func hasEnded(_ process: QEMUProcess, _ end: QEMUProcess.End) async {
        // What it said last comes first.
        client?.drain()
        await pump?.value
        guard self.process === process else { return }
        self.process = nil
        client?.close()
        client = nil
        let isFine = isEnding || end == .clean || (end == .unknown && hasShutDown)
        record.hasFailed = !isFine
        record.arguments = nil
        if isAnnounced {
            let kind: HypervisorEvent.Kind = isFine ? .stopped : .crashed
            context.events.tell(HypervisorEvent(kind, name: name, machineID: record.spec.machineID))
        }
        // What could not be written is found out again at the next start: there is no such process.
        try? await persist()
        if isLeaving { _ = try? await forget() }
    }
}

/// Runs work that speaks to a QEMU's monitor and tells its errors in this room's words.
func commanding<Value>(
    _ name: String,
    _ work: () async throws(QMPError) -> Value
) async throws(HypervisorError) -> Value {
    do throws(QMPError) {
        return try await work()
    } catch {
        let code: HypervisorError.Code =
            switch error.code {
            case .unavailable: .unavailable
            case .timedOut: .timedOut
            case .refused, .garbled: .failed
            }
        throw HypervisorError(code, "\(name): \(error.message)")
    }
}
