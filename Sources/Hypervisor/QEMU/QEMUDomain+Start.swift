import BlockingCalls
import Glibc
import QMP

extension QEMUDomain {
    /// Starts it, unless it runs: from its memory template the first time, from its disk later. What fails is undone.
    func start() async throws(HypervisorError) {
        while isStarting { await pauseBriefly() }
        guard process == nil else { return }
        isStarting = true
        defer { isStarting = false }
        do throws(HypervisorError) {
            try await launch()
            try await plugIn()
            try await letGo()
        } catch {
            let words = place.lastWords
            try? await end()
            record.hasFailed = true
            try? await persist()
            throw HypervisorError(error.code, "cannot start \(error.message)" + (words.isEmpty ? "" : " (\(words))"))
        }
    }

    /// A QEMU that stands still at the guest's first instruction, or where the template's guest was saved.
    private func launch() async throws(HypervisorError) {
        let sealed = try await sealedTemplate()
        follow(try await process(startingFrom: sealed?.memory))
        _ = try await connected()
        if let sealed { try await restore(sealed.devices) }
    }

    /// The process, started; what it inherits is its alone from then on, so that its end ends the wait for its monitor.
    private func process(startingFrom memory: SealedFile?) async throws(HypervisorError) -> QEMUProcess {
        let (record, place, user) = (record, place, try context.user())
        let start = try await context.queue.run { () throws(HypervisorError) in
            try QEMUStart(record, in: place, memory: memory, user: user)
        }
        self.record.arguments = start.launch.arguments
        self.record.hasFailed = false
        try await persist()
        return try await context.queue.run { () throws(HypervisorError) in try QEMUProcess(start.launch) }
    }

    /// What it starts from; nothing where it boots.
    private func sealedTemplate() async throws(HypervisorError) -> TemplateStore.Sealed? {
        guard !record.hasRun, let state = record.spec.wakes else { return nil }
        return try await context.templates.sealed(try MemoryTemplate(state))
    }

    /// Has the QEMU take over what the template's one knew of its devices.
    private func restore(_ devices: SealedFile) async throws(HypervisorError) {
        try await command("migrate-set-capabilities", Self.ignoresShared)
        try await command("getfd", ["fdname": "devices"], descriptor: try devices.reopened())
        try await command("migrate-incoming", ["uri": "fd:devices"])
        try await finishMigration()
    }

    /// Memory that is a file is not sent.
    static let ignoresShared: QMPValue = ["capabilities": [["capability": "x-ignore-shared", "state": true]]]

    /// Waits until state was sent or received. A QEMU that cannot receive it ends.
    func finishMigration() async throws(HypervisorError) {
        let giveUp = ContinuousClock.now + context.settings.deadline
        while ContinuousClock.now < giveUp {
            let status = try await command("query-migrate")["status"]?.text ?? "none"
            if status == "completed" { return }
            if status == "failed" || status == "cancelled" {
                throw HypervisorError(.failed, "\(name): its state was not transferred: \(status)")
            }
            await pauseBriefly()
        }
        throw HypervisorError(.timedOut, "\(name): its state was not transferred in time")
    }

    /// Gives it its network card. The guest filter knows the tap already.
    private func plugIn() async throws(HypervisorError) {
        guard let interface = record.spec.interface else { return }
        let tap = try await context.queue.run { () throws(HypervisorError) in try Tap(interface) }
        let id = QMPValue.string(QEMUDevice.interfaceName)
        try await command("getfd", ["fdname": id], descriptor: tap.descriptor)
        try await command("netdev_add", ["type": "tap", "id": id, "fd": id])
        try await command("device_add", QEMUDevice.interface(interface))
    }

    /// Lets the guest run. From now on its memory is of no template.
    private func letGo() async throws(HypervisorError) {
        record.hasRun = true
        try await persist()
        try await command("cont")
        announce()
    }

    /// A millisecond.
    func pauseBriefly() async { try? await Task.sleep(for: .milliseconds(1)) }
}

/// All that a QEMU inherits, made ready.
struct QEMUStart: Sendable {
    let launch: QEMUProcess.Launch

    /// Makes it ready; blocks.
    init(
        _ record: QEMURecord,
        in place: QEMUPlace,
        memory: SealedFile?,
        user: QEMUUser?
    ) throws(HypervisorError) {
        try Self.prepareFiles(of: record.spec, user)
        let monitor = try place.listener()
        let line = QEMUCommandLine(
            spec: record.spec,
            uuid: record.uuid,
            machineType: record.spec.wakes?.machineType ?? QEMUCommandLine.machineType,
            usesKVM: record.usesKVM,
            memory: try Self.memory(of: record.spec, memory, user),
            monitor: monitor.number
        )
        launch = QEMUProcess.Launch(
            arguments: line.arguments,
            user: user,
            kept: [monitor] + (memory.map { [$0.memory] } ?? []),
            errors: try place.emptyErrors(),
            identity: try place.emptyIdentity()
        )
    }

    private static func memory(
        of spec: DomainSpec,
        _ sealed: SealedFile?,
        _ user: QEMUUser?
    ) throws(HypervisorError) -> QEMUCommandLine.Memory {
        if let sealed {
            guard sealed.size == (spec.memory + 1023) / 1024 * 1024 else {
                throw HypervisorError(.refused, "the template has \(sealed.size) bytes of memory, not \(spec.memory)")
            }
            return .template(descriptor: sealed.descriptor)
        }
        guard let path = spec.saves?.memoryPath else { return .fresh }
        unlink(path)
        try give(path, O_RDWR | O_CREAT | O_EXCL, to: user)
        return .kept(path: path)
    }

    /// Gives disks and console to the user that QEMU runs as. Nobody but root can change what their names mean.
    private static func prepareFiles(of spec: DomainSpec, _ user: QEMUUser?) throws(HypervisorError) {
        for disk in spec.disks { try give(disk.path, to: user) }
        try give(spec.consoleLog, O_WRONLY | O_CREAT | O_TRUNC, to: user)
    }

    /// Gives a file to the user that QEMU runs as; blocks.
    static func give(_ path: String, _ flags: Int32 = O_RDONLY, to user: QEMUUser?) throws(HypervisorError) {
        let file = try OwnedDescriptor(open(path, flags | O_NOFOLLOW | O_CLOEXEC, 0o600), path)
        try user?.own(file, path)
    }
}
