import GRDB
import Testing

@testable import NetStore

@Suite("ip.txt")
struct IPFileTests {
    private let sample = """
        192.168.77.1 test /script/1 /cow/1 2049 2050 9000 unused
        192.168.77.2 test /script/2 /cow/2 2051 2052 9001 unused
        192.168.77.3\ttest  /script/3 - 0 0 x.y:z dom7 name=grid ttylinux
        """

    @Test("All eight fields survive import and export")
    func keepsFields() async throws {
        let book = try makeBook()
        try await book.importIPFile(sample)
        #expect(
            try await book.exportIPFile() == """
                192.168.77.1 test /script/1 /cow/1 2049 2050 9000 unused
                192.168.77.2 test /script/2 /cow/2 2051 2052 9001 unused
                192.168.77.3 test /script/3 - 0 0 x.y:z dom7 name=grid ttylinux

                """
        )
    }

    @Test("Imported addresses are what is checked out, with bridge and directory of the file")
    func lendsImported() async throws {
        let book = try makeBook()
        try await book.importIPFile("# comment\n\n" + sample)
        #expect(try await book.free == 2)
        let lease = try await book.checkOut(machine: "A", domain: "a")
        #expect(lease.address == "192.168.77.1")
        #expect(lease.bridge == "test")
        #expect(lease.share == "/script/1/A")
        #expect(lease.gateway == "192.168.77.254")
        let other = try await book.checkOut(machine: "B", domain: "b")
        #expect(other.network == lease.network)
        await expectFailure(.exhausted) { try await book.checkOut(machine: "C", domain: "a") }
        #expect(
            try await book.exportIPFile().hasPrefix(
                "192.168.77.1 test /script/1 /cow/1 2049 2050 9000 machine=A,domain=a,mac=52:54:00:a8:4d:01\n"
            )
        )
    }

    @Test("Importing what was exported changes nothing, and a released address is unused again")
    func roundTrips() async throws {
        let book = try makeBook()
        try await book.importIPFile(sample)
        _ = try await book.checkOut(machine: "A", domain: "a")
        let exported = try await book.exportIPFile()
        try await book.importIPFile(exported)
        #expect(try await book.exportIPFile() == exported)
        try await book.release(machine: "A")
        #expect(try await book.exportIPFile().hasPrefix(sample.prefix(while: { $0 != "\n" })))
    }

    @Test("What an administrator has in an exported directory survives the machines, and so does the directory")
    func sparesDirectories() async throws {
        try await withTemporaryFolder { folder in
            try await Command.run("/bin/mkdir", folder + "/1")
            try write(folder + "/1/precious", "the administrator's")
            let book = try makeBook()
            try await book.importIPFile("192.168.77.2 test \(folder)/1 - 0 0 0 unused")
            let share = try ScriptShare(lease: try await book.checkOut(machine: "A", domain: "a"))
            try await share.create(ScriptShareTests.identity)
            #expect(try text(folder + "/1/A/identity").contains("machine="))
            try await share.remove()
            #expect(try await !share.exists())
            #expect(try text(folder + "/1/precious") == "the administrator's")
        }
    }

    @Test("The undo of one machine's creation does not touch the share of another that has the address now")
    func separatesShares() async throws {
        let book = try makeBook(quarantine: 0)
        try await book.importIPFile("192.168.77.2 test /script/1 - 0 0 0 unused")
        let old = try await book.checkOut(machine: "A", domain: "a")
        try await book.release(machine: "A")
        #expect(try await book.checkOut(machine: "B", domain: "a").share != old.share)
    }

    @Test("A directory written with needless slashes is the same directory")
    func normalises() async throws {
        let book = try makeBook()
        try await book.importIPFile("192.168.77.2 test //script///1/ - 0 0 0 unused")
        #expect(try await book.exportIPFile() == "192.168.77.2 test /script/1 - 0 0 0 unused\n")
    }

    @Test(
        "The plant's own directories are refused, and what is in or around them",
        arguments: ["/srv/vmshop", "/srv", "/srv/vmshop/shares", "//srv/vmshop/shares/x", "/var/lib/plant/a"]
    )
    func protectsOwn(directory: String) async throws {
        let plan = try AddressPlan(
            pool: "10.90.0.0/16",
            shareRoot: "/srv/vmshop/shares",
            reservedDirectories: ["/var/lib/plant/"]
        )
        let book = try makeBook(plan, in: DatabaseQueue(), TestClock())
        let line = "192.168.77.2 test \(directory) - 0 0 0 unused"
        await expectFailure(.invalid) { try await book.importIPFile(line) }
        try await book.importIPFile("192.168.77.2 test /srv/vmshop2 - 0 0 0 unused")
    }

    @Test("A line that is lent cannot be dropped")
    func keepsLent() async throws {
        let book = try makeBook()
        try await book.importIPFile(sample)
        _ = try await book.checkOut(machine: "A", domain: "a")
        await expectFailure(.conflict) { try await book.importIPFile("192.168.77.2 test /script/2 - 0 0 0 unused") }
        #expect(try await book.free == 1)
    }

    @Test("A file that contradicts the networks there are is refused")
    func respectsNetworks() async throws {
        let book = try makeBook(pool: "192.168.77.0/24", subnetLength: 24)
        _ = try await book.checkOut(machine: "A", domain: "a")
        await expectFailure(.conflict) { try await book.importIPFile(sample) }
        let other = try makeBook()
        try await other.importIPFile("192.168.77.2 test /script/1 - 0 0 0 unused")
        #expect(try await other.checkOut(machine: "A", domain: "a").gateway == "192.168.77.1")
        #expect(try await other.standing(ofDomain: "a").hasNetwork)
        let more = "192.168.77.2 test /script/1 - 0 0 0 unused\n192.168.77.1 test /script/2 - 0 0 0 unused"
        await expectFailure(.invalid) { try await other.importIPFile(more) }
    }

    @Test("Where the file has several bridges, domains do not share one")
    func separatesBridges() async throws {
        let book = try makeBook()
        try await book.importIPFile(
            """
            192.168.77.2 red /script/1 - 0 0 0 unused
            192.168.77.3 red /script/2 - 0 0 0 unused
            192.168.78.2 blue /script/3 - 0 0 0 unused
            """
        )
        #expect(try await book.checkOut(machine: "A", domain: "a").bridge == "red")
        #expect(try await book.checkOut(machine: "B", domain: "b").bridge == "blue")
        #expect(try await book.checkOut(machine: "C", domain: "a").address == "192.168.77.3")
    }

    @Test(
        "A bad file is refused, with the line",
        arguments: [
            ("1.2.3.4 test /s - 0 0 0", "line 1: 7 fields"),
            ("\n1.2.3 test /s - 0 0 0 unused", "line 2: '1.2.3' is not an IPv4 address"),
            ("1.2.3.4 a-very-long-bridge /s - 0 0 0 unused", "line 1: 'a-very-long-bridge'"),
            ("1.2.3.4 test s/../t - 0 0 0 unused", "line 1: 's/../t'"),
            ("1.2.3.4 test /a - 0 0 0 unused\n1.2.3.4 test /b - 0 0 0 unused", "address 1.2.3.4 is there twice"),
            ("1.2.3.4 test /a - 0 0 0 unused\n1.2.3.5 test /a - 0 0 0 unused", "exported directory /a is there twice"),
            ("1.2.3.4 test /a - 0 0 0 unused\n1.2.3.5 test //a/ - 0 0 0 unused", "directory /a is there twice"),
            ("1.2.3.4 test /a/b - 0 0 0 unused\n1.2.3.5 test /a - 0 0 0 unused", "directory /a/b lies in /a"),
            ("1.2.3.4 test /a - 0 0 0 unused\n1.2.4.5 test /b - 0 0 0 unused", "bridge test has addresses of"),
            ("1.2.3.4 red /a - 0 0 0 unused\n1.2.3.5 blue /b - 0 0 0 unused", "1.2.3.0/24 is on bridge red and"),
            ("1.2.3.255 red /a - 0 0 0 unused", "1.2.3.255 is not a host's address"),
        ]
    )
    func refuses(text: String, reason: String) async throws {
        let book = try makeBook()
        do {
            try await book.importIPFile(text)
            Issue.record("accepted")
        } catch {
            #expect(error.code == .invalid)
            #expect(error.message.contains(reason), "\(error)")
        }
    }
}
