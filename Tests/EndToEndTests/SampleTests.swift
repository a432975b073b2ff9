import FoundationEssentials
import Testing

extension EndToEnd {
    /// The documents that the project shows to its users do what they say.
    @Suite
    struct Samples {
        /// What each sample promises to publish.
        static let promises: [String: [String: String]] = [
            "bare.xml": ["State": "ready", "Image": "small", "OpSys": "linux"],
            "data-disk.xml": ["serial": "results", "path": "/data", "filesystem": "ext2"],
            "diamond.xml": ["seen": "base left right"],
            "error-recovery.xml": ["input": "synthetic data"],
            "error-retry.xml": ["tries": "3", "reached": "true"],
            "grid-workspace.xml": [
                "uid": "1000", "home": "/home/alice", "serial": "appdata", "path": "/data", "port": "5901",
                "files": "1",
                "greeting": "RFB 003.008", "Owner": "alice",
            ],
            "hardware.xml": ["Memory": "192", "Cpus": "1", "Disk": "1024", "disk_blocks": "2097152"],
            "outputs.xml": ["path": "/srv/results", "temperature": "21.5", "converged": "true", "steps": "1"],
            "user-account.xml": ["uid": "1200", "home": "/home/alice"],
        ]

        @Test
        func `every sample has a promise`() throws {
            let files = try FileManager.default.contentsOfDirectory(atPath: Ground.root + "/samples/dags")
            #expect(Set(files.filter { $0.hasSuffix(".xml") }) == Set(Self.promises.keys))
        }

        @Test
        func `an idle lab makes a bare machine`() async throws {
            try await inCleanLab("request to ready") { lab in
                let clock = ContinuousClock()
                for turn in 1...3 {
                    let began = clock.now
                    let machine = try await lab.create(Ground.sample("bare.xml"))
                    report("request to ready, turn \(turn): \(clock.now - began)")
                    #expect(machine.state == "ready")
                    try await lab.collect(machine.id)
                }
            }
        }

        /// Two at a time: emulated guests share two processors.
        @Test
        func `every sample keeps its promise and leaves nothing`() async throws {
            try await inCleanLab("samples") { lab in
                await withTaskGroup(of: Void.self) { group in
                    for (index, name) in Self.promises.keys.sorted().enumerated() {
                        if index >= 2 { await group.next() }
                        group.addTask { await Self.check(name, in: lab) }
                    }
                }
                try await lab.expectNothing("after all samples were collected,")
            }
        }

        private static func check(_ name: String, in lab: Lab) async {
            do {
                let machine = try await lab.create(Ground.sample(name))
                #expect(machine.state == "ready", "\(name)")
                for (attribute, value) in promises[name] ?? [:] {
                    let published = machine.attribute(attribute)?.split(separator: " ").joined(separator: " ")
                    #expect(published == value, "\(name): \(attribute)")
                }
                try await lab.collect(machine.id)
                report("  \(name) is ready and collected")
            } catch {
                Issue.record(error, "\(name)")
            }
        }
    }
}
