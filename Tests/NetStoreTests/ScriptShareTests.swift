import Glibc
import Testing

@testable import NetStore

@Suite("Script share")
struct ScriptShareTests {
    @Test("A new share has the identity, and places for jobs and answers; again is no matter")
    func creates() async throws {
        try await withShare { share, path in
            #expect(try text(path + "/identity") == "machine=01J0A\nname=grid\ndomain=physics.example.org\n")
            #expect(try await Command.run("/bin/ls", "-A", path) == "identity\njob\nout\n")
            try await share.create(Self.identity)
            await expectFailure(.conflict) {
                try await share.create(GuestIdentity(machine: "B", name: "grid", domain: "a"))
            }
        }
    }

    @Test("An identity cannot smuggle in lines")
    func refusesIdentity() async throws {
        try await withTemporaryFolder { folder in
            let share = try ScriptShare(directory: folder + "/share")
            await expectFailure(.invalid) {
                try await share.create(GuestIdentity(machine: "A", name: "x\nmachine=B", domain: "a"))
            }
            #expect(try await !share.exists())
        }
    }

    @Test("A job appears whole, with every parameter as raw bytes in a file of its own")
    func enqueues() async throws {
        try await withShare { share, path in
            let nasty = "$(touch /tmp/x); `id`\n-rf \"'\\ ünïcode"
            let job = try makeJob(script: "echo hello\n", environment: ["NAME": nasty, "EMPTY": ""])
            try await share.enqueue(job)
            let folder = path + "/job/0001-user"
            #expect(try text(folder + "/run") == "echo hello\n")
            #expect(try text(folder + "/env/NAME") == nasty)
            #expect(try text(folder + "/env/EMPTY") == "")
            #expect(try text(folder + "/limits") == "timeout=2.500\noutput=65536\n")
            #expect(try text(folder + "/nonce") == "n-1\n")
            #expect(try await Command.run("/bin/ls", "-A", path + "/job") == "0001-user\n")
            try await share.enqueue(job)
            let other = try makeJob(nonce: "n-2")
            await expectFailure(.conflict) { try await share.enqueue(other) }
        }
    }

    @Test("A script that says by what it is to be run can be executed, others cannot")
    func marksExecutable() async throws {
        try await withShare { share, path in
            try await share.enqueue(makeJob(script: "#!/bin/sh\n"))
            try await share.enqueue(makeJob(sequence: 2, script: "true\n"))
            #expect(access(path + "/job/0001-user/run", X_OK) == 0)
            #expect(access(path + "/job/0002-user/run", X_OK) != 0)
        }
    }

    @Test(
        "A name that is no action id makes no job",
        arguments: ["", "..", "../x", "a/b", "1a", "a b", "a\n", ".a", "-a", String(repeating: "a", count: 65)]
    )
    func refusesAction(action: String) {
        #expect(throws: NetStoreError.self) { try JobName(sequence: 1, action: action) }
    }

    @Test("A number that the guest's runner does not look at makes no job", arguments: [-1, 0, 100_000, 999_999])
    func refusesNumber(sequence: Int) throws {
        #expect(throws: NetStoreError.self) { try JobName(sequence: sequence, action: "user") }
        #expect(try JobName(sequence: 99_999, action: "user").description == "99999-user")
    }

    @Test(
        "A parameter that cannot be a variable makes no job",
        arguments: [("1A", "x"), ("A-B", "x"), ("VMSHOP_ACTION", "x"), ("A/B", "x"), ("", "x"), ("A", "x\0y")]
    )
    func refusesParameter(name: String, value: String) {
        #expect(throws: NetStoreError.self) { try makeJob(environment: [name: value]) }
    }

    @Test("An answer is read when it is there, with all its parts")
    func readsOutcome() async throws {
        try await withShare { share, path in
            let job = try JobName(sequence: 1, action: "user")
            #expect(try await share.outcome(of: job, nonce: "n-1") == nil)
            #expect(try await !share.hasStarted(job))
            try await answer(path, status: Self.status)
            try write(path + "/out/0001-user.started", "")
            try write(path + "/out/0001-user/stdout", "hello\n")
            try write(path + "/out/0001-user/attributes", "uid=1001\nbad line\n1x=2\nhome=/home/a b=c\nesc=\u{1B}[2J\n")
            try write(path + "/out/0001-user/usage", "user_seconds=0.25\nmax_rss_kib=nan\nelapsed_seconds=-1\n")
            let outcome = try #require(try await share.outcome(of: job, nonce: "n-1"))
            #expect(try await share.hasStarted(job))
            #expect(outcome.isSuccess)
            #expect(outcome.output == Array("hello\n".utf8))
            #expect(outcome.errors.isEmpty)
            #expect(outcome.attributes == ["uid": "1001", "home": "/home/a b=c"])
            #expect(outcome.badAttributeLines == 3)
            #expect(outcome.usage == ["user_seconds": 0.25])
            #expect(outcome.finished - outcome.started == 1.5)
        }
    }

    @Test(
        "A status that says something else than agreed is not believed",
        arguments: [
            "nonce=n-2\nexit=0\ntimeout=no\n", "exit=0\ntimeout=no\n", "nonce=n-1\nexit=256\ntimeout=no\n",
            "nonce=n-1\nexit=-1\ntimeout=no\n", "nonce=n-1\nexit=0\nsignal=9\ntimeout=no\n", "nonce=n-1\ntimeout=no\n",
            "nonce=n-1\nexit=0\ntimeout=maybe\n", "nonce=n-1\nexit=0x0\ntimeout=no\n",
            "nonce=n-1\nsignal=99\ntimeout=no\n",
        ]
    )
    func refusesStatus(status: String) async throws {
        try await withShare { share, path in
            try await answer(path, status: status)
            let job = try JobName(sequence: 1, action: "user")
            await expectFailure(.tampered) { try await share.outcome(of: job, nonce: "n-1") }
        }
    }

    @Test("A spare is told once whose machine it is, whole, and is a spare no more")
    func becomes() async throws {
        try await withTemporaryFolder { folder in
            let (share, path) = (try ScriptShare(directory: folder + "/share"), folder + "/share")
            try await share.create(Self.identity, wake: GuestWake(hostName: "spare-1"), isSpare: true)
            #expect(try text(path + "/spare") == "")
            let mine = GuestIdentity(machine: "m-2", name: "mine", domain: "d")
            for _ in 0..<2 {
                try await share.become(mine, wake: GuestWake(hostName: "mine-1"))
                for name in ["identity", "become/identity"] {
                    #expect(try text(path + "/" + name) == "machine=m-2\nname=mine\ndomain=d\n")
                }
                for name in ["wake", "become/wake"] {
                    #expect(try text(path + "/" + name).hasSuffix("\nhostname=mine-1\n"))
                }
                #expect(access(path + "/spare", F_OK) != 0)
            }
        }
    }

    @Test("A status that is still empty is one that is still to come")
    func waitsForStatus() async throws {
        try await withShare { share, path in
            try await answer(path, status: "")
            let job = try JobName(sequence: 1, action: "user")
            #expect(try await share.outcome(of: job, nonce: "n-1") == nil)
        }
    }

    @Test("A sign of life is read, nonsense in its place is not")
    func readsHeartbeat() async throws {
        try await withShare { share, path in
            #expect(try await share.heartbeat() == nil)
            try write(path + "/heartbeat", "boot=b-1\nuptime=12.5\nbeat=3\naddress=10.90.0.2\nrunner=1\n")
            let expected = GuestHeartbeat(boot: "b-1", uptime: 12.5, beat: 3, address: "10.90.0.2", runner: "1")
            #expect(try await share.heartbeat() == expected)
            #expect(expected.canStandBy == false)
            try write(path + "/heartbeat", "uptime=1\nbeat=1\nrunner=2\nawake=m-1\n")
            #expect(try await share.heartbeat()?.canStandBy == true)
            try write(path + "/heartbeat", "uptime=inf\nbeat=3\n")
            await expectFailure(.tampered) { try await share.heartbeat() }
        }
    }

    @Test("A guest hears that somebody knocks, and where the plant has no such address nobody does")
    func knocks() async throws {
        let door = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(door) }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = GuestKnock.port.bigEndian
        place.sin_addr = in_addr(s_addr: UInt32(0x7F00_0009).bigEndian)
        let isBound = withUnsafePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(door, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(isBound == 0)
        func lease(from gateway: String) -> GuestLease {
            GuestLease(
                machineID: "m",
                domain: "d",
                network: "n",
                bridge: "b",
                address: "127.0.0.9",
                mac: "",
                gateway: gateway,
                prefixLength: 24,
                share: "/",
                exportID: 1,
                tap: "t"
            )
        }
        var byte: UInt8 = 0
        #expect(!GuestKnock.send(to: lease(from: "192.0.2.1")))
        #expect(recv(door, &byte, 1, Int32(MSG_DONTWAIT)) == -1)
        #expect(GuestKnock.send(to: lease(from: "127.0.0.1")))
        #expect(recv(door, &byte, 1, Int32(MSG_DONTWAIT)) == 0)
    }

    @Test("The end is asked for", arguments: [GuestFinish.poweroff, .stop])
    func finishes(how: GuestFinish) async throws {
        try await withShare { share, path in
            try await share.finish(how)
            #expect(try text(path + "/finish") == how.rawValue + "\n")
        }
    }

    @Test("A removed share is gone, and removing it again is no matter")
    func removes() async throws {
        try await withShare { share, _ in
            try await share.enqueue(makeJob(environment: ["A": "b"]))
            try await share.remove()
            #expect(try await !share.exists())
            try await share.remove()
            let job = try makeJob()
            await expectFailure(.notFound) { try await share.enqueue(job) }
        }
    }

    static let status = "nonce=n-1\nexit=0\ntimeout=no\nstarted=10.5\nfinished=12\n"
    static let identity = GuestIdentity(machine: "01J0A", name: "grid", domain: "physics.example.org")
}
