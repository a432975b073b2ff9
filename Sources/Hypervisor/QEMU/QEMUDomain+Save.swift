import BlockingCalls
import Glibc
import QMP

extension QEMUDomain {
    /// Stops it for good and writes what QEMU knows of its devices into a new file. Its memory lies in its memory file
    /// then, its disk is whole.
    ///
    /// - Returns: The state, with the versioned machine type that machines which start from it must have.
    func save() async throws(HypervisorError) -> SavedState {
        guard var state = record.spec.saves, process != nil else {
            throw HypervisorError(.refused, "\(name) does not run with its memory in a file")
        }
        let path = state.statePath
        try await command("stop")
        let machine = try await command("qom-get", ["path": "/machine", "property": "type"]).text ?? ""
        let file = try await context.queue.run { () throws(HypervisorError) in
            unlink(path)
            return try OwnedDescriptor(open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600), path)
        }
        try await command("migrate-set-capabilities", Self.ignoresShared)
        try await command("getfd", ["fdname": "devices"], descriptor: file)
        try await command("migrate", ["uri": "fd:devices"])
        try await finishMigration()
        try await end()
        let suffix = "-machine"
        guard machine.hasSuffix(suffix), machine.hasPrefix("pc-") else {
            throw HypervisorError(.failed, "\(name): '\(machine)' is not a versioned machine type")
        }
        state.machineType = String(machine.dropLast(suffix.count))
        return state
    }
}
