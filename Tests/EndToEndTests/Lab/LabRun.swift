import Glibc

/// The one lab of a test run: raised when it is first asked for, replaced when a test left something in it, taken down
/// when the process ends; what a killed process leaves is swept by the next run.
actor LabRun {
    static let shared = LabRun()

    private var standing: Task<Lab, any Error>?
    private var raised = 0

    /// The lab, clean.
    func lab() async throws -> Lab {
        if let standing { return try await standing.value }
        raised += 1
        let number = raised
        let task = Task { try await Self.raise(number) }
        standing = task
        return try await task.value
    }

    /// Takes the lab down, so that the next test gets another.
    func discard() async throws {
        guard let lab = try? await standing?.value else { return }
        standing = nil
        report("the lab is not clean: taking it down")
        try await lab("down")
    }

    private static func raise(_ number: Int) async throws -> Lab {
        try Ground.check()
        let script = Ground.root + "/scripts/lab"
        try await Program.demand([script, "sweep"])
        let lab = Lab(id: "e2e-\(getpid())-\(number)", directory: "/tmp/vmshop-e2e-\(getpid())-\(number)")
        atExit.arm(lab.id)
        report("raising lab \(lab.id)")
        try await Program.demand([
            script, "up", "--id", lab.id, "--dir", lab.directory, "--binaries", Ground.binaries, "--owner",
            "\(getpid())",
        ])
        try await publish(in: lab)
        return lab
    }

    private static func publish(in lab: Lab) async throws {
        let files = lab.directory + "/image"
        try await Program.demand([Ground.root + "/guest/build-image", "--output", files])
        // The second has no cloud-init; it is the seed disk that is tried with it. Nobody gets it who asks for a linux.
        let seeded = ("seeded", "seeded", ["--guest", "cloud-init", "--unchecked"])
        for (name, system, options) in [("small", "linux", []), seeded] {
            try await Program.demand(
                [
                    Ground.binaries + "/vmshop", "image", "publish", name, "--from", files, "--os", system,
                    "--memory", "96MiB", "--warehouse", lab.warehouse,
                ] + options
            )
        }
    }
}

/// Takes the lab down when the process ends normally.
private let atExit = AtExit()

private final class AtExit: Sendable {
    func arm(_ id: String) {
        setenv("VMSHOP_E2E_LAB", id, 1)
        setenv("VMSHOP_E2E_SCRIPT", Ground.root + "/scripts/lab", 1)
        _ = Self.registered
    }

    /// A handler of C's cannot carry values: it finds them in the environment.
    private static let registered: Void = {
        atexit { _ = system("exec \"$VMSHOP_E2E_SCRIPT\" down --id \"$VMSHOP_E2E_LAB\"") }
        return ()
    }()
}
