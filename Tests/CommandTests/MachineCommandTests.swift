import ClassAds
import Foundation
import LibXML
import ShopAPI
import Testing
import VMShopTesting

@Suite("vmshop against a shop", .serialized)
struct MachineCommandTests {
    @Test("create shows progress on standard error and the machine on standard output")
    func create() async throws {
        try await Office.run { office in
            let document = String(decoding: Documents.machine("web", user: "alice", actions: ["a"]), as: UTF8.self)
            let run = try await office.vmshop("create", "-", input: document)
            #expect(run.exitCode == 0)
            #expect(run.errors.contains("plant-1 bids 50"))
            #expect(run.errors.contains("ready"))
            #expect(run.output.contains("web"))
            #expect(run.output.contains("plant-1"))
            let quiet = try await office.vmshop("create", "-", "-q", "-o", "json", input: document)
            #expect(quiet.errors.isEmpty)
            #expect(try WireCoding.decode(Machine.self, from: quiet.output.utf8).state == .ready)
        }
    }

    @Test("repeating a creation finds the machine; another document under its id is 73")
    func repeated() async throws {
        try await Office.run { office in
            let id = try await office.create("one")
            let again = try await office.create("one")
            #expect(id != again)
            let document = String(decoding: Documents.machine("other"), as: UTF8.self)
            let run = try await office.vmshop("create", "-", "--id", id.text, input: document)
            #expect(run.exitCode == 73)
            #expect(run.errors.contains("choose a new id"))
        }
    }

    @Test(
        "what goes wrong decides the exit code",
        arguments: [
            (ErrorCode.actionFailed, Int32(1)), (.requestInvalid, 65), (.refused, 75), (.hostFailed, 1),
            (.guestSilent, 1),
        ]
    )
    func exitCodes(code: ErrorCode, exitCode: Int32) async throws {
        try await Office.run(1) { office in
            await office.plants[0].nextMachines(.failed(ServiceError(code, "it went wrong")))
            let run = try await office.vmshop(
                "create",
                "-",
                input: String(decoding: Documents.machine(), as: UTF8.self)
            )
            #expect(run.exitCode == exitCode)
            #expect(run.output.contains("it went wrong"))
        }
    }

    @Test(
        "show of a failed machine has the action, its exit code and the end of its output, without control characters"
    )
    func failed() async throws {
        try await Office.run(1) { office in
            var report: ActionReport?
            let sample = try await office.create("sample", actions: ["build"])
            report = await office.plants[0].memory(of: sample)?.actions.first
            report?.status = .failed
            report?.exitCode = 3
            report?.output = "line one\n\u{1B}[2J\u{1B}]0;owned\u{7}line \u{9B}31mtwo\u{202E}\r\nthree\u{0}"
            let error = ServiceError(.actionFailed, "action `build` exited with 3\u{1B}[31m", action: report)
            await office.plants[0].nextMachines(.failed(error))
            let id = try await office.create("broken", actions: ["build"])
            let run = try await office.vmshop("show", id.text)
            #expect(run.output.contains("exited with 3"))
            #expect(run.output.contains("    | line one\n"))
            let hostile = run.output.unicodeScalars.filter {
                ($0.value < 32 && $0 != "\n" && $0 != "\t") || (0x7F...0x9F).contains($0.value) || $0.value == 0x202E
            }
            #expect(hostile.isEmpty)
            for format in ["json", "xml"] {
                let run = try await office.vmshop("show", id.text, "-o", format)
                #expect(!run.output.contains("\u{1B}"))
            }
        }
    }

    @Test("list, query and show, in every format")
    func looking() async throws {
        try await Office.run { office in
            let empty = try await office.vmshop("list")
            #expect(empty.output == "no machines\n")
            let first = try await office.create("web", user: "alice")
            await office.plants[0].bid(total: 1000)
            let second = try await office.create("a-longer-name", user: "bob")
            let list = try await office.vmshop("list")
            #expect(list.lines.count == 4)
            let columns = list.lines[0].matches(of: /[A-Z]+/).map {
                list.lines[0].distance(from: list.lines[0].startIndex, to: $0.range.lowerBound)
            }
            for line in list.lines.dropLast() {
                for column in columns where column > 0 {
                    let characters = Array(line)
                    #expect(characters[column - 1] == " " && characters[column] != " ", "\(line)")
                }
            }
            let query = try await office.vmshop("query", #"Owner == "bob""#, "--show", "Memory,Plant,Nothing")
            #expect(query.output.contains(second.text))
            #expect(!query.output.contains(first.text))
            #expect(query.output.contains("Memory=256"))
            #expect(query.output.contains("Nothing=undefined"))
            let json = try await office.vmshop("list", "-o", "json")
            #expect(try WireCoding.decode([Machine].self, from: json.output.utf8).map(\.id) == [first, second])
            let xml = try await office.vmshop("show", "web", "-o", "xml")
            #expect(try XMLParser().parse(Array(xml.output.utf8)).name == "machine")
            let events = try await office.vmshop("show", first.text, "--events", "-o", "json")
            #expect(try JSONSerialization.jsonObject(with: Data(events.output.utf8)) is [String: Any])
            #expect(try await office.vmshop("show", first.text, "--events").output.contains("chosen"))
        }
    }

    @Test("reserve keeps a place for a creation to take, release gives it back; an id that is none is 64")
    func reserve() async throws {
        try await Office.run { office in
            let document = String(decoding: Documents.machine(), as: UTF8.self)
            let id = MachineID.new().text
            let run = try await office.vmshop("reserve", "-", "--id", id, input: document)
            #expect(run.exitCode == 0)
            #expect(run.output.contains("plant-1") && run.output.contains("vmshop create --id \(id)"))
            await office.plants[0].bid(total: 1000)
            let made = try await office.vmshop("create", "-", "--id", id, "-o", "json", input: document)
            #expect(try WireCoding.decode(Machine.self, from: made.output.utf8).plant == "plant-1")
            let json = try await office.vmshop("reserve", "-", "-o", "json", input: document)
            #expect(try WireCoding.decode(Bid.self, from: json.output.utf8).isReserved == true)
            let kept = try #require(await office.plants[1].places.keys.first)
            for _ in 0..<2 { #expect(try await office.vmshop("release", kept.text).exitCode == 0) }
            #expect(await office.plants[1].places.isEmpty)
            #expect(try await office.vmshop("release", "nonesuch").exitCode == 64)
            for plant in office.plants { await plant.refuse(["it is full"]) }
            let none = try await office.vmshop("reserve", "-", input: document)
            #expect(none.exitCode == 75 && none.errors.contains("it is full"))
        }
    }

    @Test("explain shows who bid what and what came of it, and why another plant did not get the machine")
    func explain() async throws {
        try await Office.run(4) { office in
            for (plant, total) in zip(office.plants, [10.0, 20, 30, 40]) { await plant.bid(total: total) }
            await office.plants[3].refuse(["no image small", "no address left"])
            await office.plants[0].nextMachines(.failed(ServiceError(.hostFailed, "the disk is broken")))
            let id = try await office.create("web")
            let run = try await office.vmshop("explain", "web")
            #expect(run.exitCode == 0)
            #expect(run.lines[0] == "machine \(id) is at plant-2, placed by the policy vmplants-2004")
            for part in [
                "round 1, ", "all plants were asked", "did not: the disk is broken", "made it", "no address left",
            ] {
                #expect(run.output.contains(part), "\(part)")
            }
            let answers = [
                ("plant-1", "was told to make it, and did not: the disk is broken\n"), ("plant-2", "made it\n"),
                ("plant-3", "it bid 30, plant-2 20: machines 30 (scripted), there 20 (scripted)\n"),
                ("plant-4", "it did not bid: no image small\nit did not bid: no address left\n"),
            ]
            for (plant, answer) in answers {
                #expect(try await office.vmshop("explain", "--why-not", plant, id.text).output == answer)
            }
            let unknown = try await office.vmshop("explain", id.text, "--why-not", "nonesuch")
            #expect(unknown.exitCode == 66 && unknown.errors.contains("asked were: plant-1, plant-2, plant-3, plant-4"))
            let json = try await office.vmshop("explain", id.text, "-o", "json")
            let report = try WireCoding.decode(PlacementReport.self, from: json.output.utf8)
            #expect(report.rounds.count == 1 && report.rounds[0].attempts.map(\.isDone) == [false, true])
            let xml = try await office.vmshop("explain", id.text, "-o", "xml")
            #expect(try XMLParser().parse(Array(xml.output.utf8)).name == "placement")
            #expect(try await office.vmshop("explain", MachineID.new().text).exitCode == 66)
        }
    }

    @Test("cordon, drain and uncordon take a plant out of service and back")
    func cordon() async throws {
        try await Office.run(2) { office in
            let id = try await office.create("web")
            let run = try await office.vmshop("plant", "cordon", "plant-1", "--reason", "new disks")
            #expect(run.exitCode == 0 && run.output == "plant-1 takes no new machines; 1 are there\n")
            let other = try await office.vmshop("show", try await office.create("other").text)
            #expect(other.output.contains("plant-2"))
            let late = try await office.vmshop("plant", "drain", "plant-1", "--timeout", "0")
            #expect(late.exitCode == 75 && late.errors.contains("plant-1 still has 1 machines"))
            let drained = try await office.vmshop("plant", "drain", "plant-1", "--collect", "--timeout", "20")
            #expect(drained.exitCode == 0, "\(drained.errors)")
            #expect(drained.errors.contains("\(id) collected") && drained.errors.contains("plant-1 is empty"))
            #expect(try await office.vmshop("plant", "uncordon", "plant-1").output == "plant-1 takes machines\n")
            let back = try await office.vmshop("show", try await office.create("back").text)
            #expect(back.output.contains("plant-1"))
            for command in ["cordon", "uncordon", "drain"] {
                let unknown = try await office.vmshop("plant", command, "nonesuch")
                #expect(unknown.exitCode == 66 && unknown.errors.contains("vmshop plant list"))
                #expect(try await office.vmshop("plant", command, "no/such").exitCode != 0)
            }
        }
    }

    @Test("lease sets the end of a machine's lease, or takes it away")
    func lease() async throws {
        try await Office.run(1) { office in
            let id = try await office.create("web")
            let run = try await office.vmshop("lease", "web", "4h")
            #expect(run.exitCode == 0 && run.output.hasPrefix("the lease of \(id) ends at 2"))
            #expect(try await office.vmshop("show", "web").output.contains("lease until"))
            #expect(try await office.vmshop("lease", "web", "none").output == "the lease of \(id) has no end\n")
            #expect(try await !office.vmshop("show", "web").output.contains("lease until"))
            for wrong in ["0s", "4", "forever", "99999999d", ""] {
                #expect(try await office.vmshop("lease", "web", wrong).exitCode == 64, "\(wrong)")
            }
            #expect(try await office.vmshop("lease", "nonesuch", "1h").exitCode == 66)
            _ = try await office.vmshop("collect", "web")
            #expect(try await office.vmshop("lease", id.text, "1h").exitCode == 73)
        }
    }

    @Test("estimate shows all bids with their terms, the one that would be taken first and marked, and all refusals")
    func estimate() async throws {
        try await Office.run(3) { office in
            await office.plants[0].bid(total: 70)
            await office.plants[2].refuse(["no image small", "no address left"])
            let document = String(decoding: Documents.machine(), as: UTF8.self)
            let run = try await office.vmshop("estimate", "-", input: document)
            #expect(run.exitCode == 0)
            let bids = run.lines.filter { $0.contains("points") }
            #expect(bids.first?.contains("plant-2") == true)
            #expect(bids.first?.contains("would be taken") == true)
            #expect(bids.last?.contains("would be taken") == false)
            #expect(run.output.contains("network 50"))
            #expect(run.output.contains("no address left"))
            for plant in office.plants { await plant.refuse(["it is full"]) }
            let none = try await office.vmshop("estimate", "-", "-o", "json", input: document)
            #expect(none.exitCode == 75)
            #expect(try WireCoding.decode(Estimate.self, from: none.output.utf8).refusals.count == 3)
        }
    }

    @Test("configure applies a further graph; a failing one leaves the machine and exits with 1")
    func configure() async throws {
        try await Office.run(1) { office in
            let id = try await office.create("web")
            let more = String(decoding: Documents.machine("web", actions: ["more"]), as: UTF8.self)
            let run = try await office.vmshop("configure", "web", "-", input: more)
            #expect(run.exitCode == 0)
            #expect(run.output.contains("more"))
            await office.plants[0].nextMachines(.failed(ServiceError(.actionFailed, "exited with 3")))
            let again = String(decoding: Documents.machine("web", actions: ["again"]), as: UTF8.self)
            let failed = try await office.vmshop("configure", id.text, "-", input: again)
            #expect(failed.exitCode == 1)
            #expect(await office.plants[0].memory(of: id)?.state == .ready)
        }
    }

    @Test("collect by id, beginning, name and query; several at once")
    func collect() async throws {
        try await Office.run(1) { office in
            let first = try await office.create("one")
            _ = try await office.create("two")
            for number in 0..<3 { _ = try await office.create("bob-\(number)", user: "bob") }
            let byName = try await office.vmshop("collect", "two", String(first.text.lowercased()))
            #expect(byName.exitCode == 0)
            #expect(byName.output.contains(first.text))
            let byQuery = try await office.vmshop("collect", "--matching", #"Owner == "bob""#, "-o", "json")
            #expect(
                try WireCoding.decode([Machine].self, from: byQuery.output.utf8).map(\.state) == [
                    .collected, .collected, .collected,
                ]
            )
            #expect(await office.plants[0].running.isEmpty)
            let nothing = try await office.vmshop("collect", "--matching", #"Owner == "bob""#)
            #expect(nothing.exitCode == 0)
            #expect(nothing.output == "no machines\n")
            #expect(try await office.vmshop("collect", first.text).exitCode == 0)
        }
    }

    @Test("one machine that cannot be collected does not keep the others")
    func collectPartly() async throws {
        try await Office.run(1) { office in
            for number in 0..<3 { _ = try await office.create("m\(number)") }
            await office.plants[0].script(.collect, .fail(ServiceError(.hostFailed, "disk is busy")))
            let run = try await office.vmshop("collect", "m0", "m1", "m2")
            #expect(run.exitCode == 1)
            #expect(run.errors.contains("disk is busy"))
            #expect(run.output.components(separatedBy: " collected").count == 3)
        }
    }

    @Test("a word that means several machines, or none, is said so")
    func ambiguous() async throws {
        try await Office.run(1) { office in
            let ids = [try await office.create("twin"), try await office.create("twin")]
            let twins = try await office.vmshop("collect", "twin")
            #expect(twins.exitCode == 64)
            for id in ids { #expect(twins.errors.contains(id.text)) }
            #expect(try await office.vmshop("show", String(ids[0].text.prefix(5))).exitCode == 64)
            #expect(try await office.vmshop("show", "nobody").exitCode == 66)
            #expect(try await office.vmshop("show", MachineID.new().text).exitCode == 66)
            #expect(try await office.vmshop("collect", MachineID.new().text).exitCode == 66)
            #expect(await office.plants[0].running.count == 2)
        }
    }

    @Test("plant list shows how each stands")
    func plants() async throws {
        try await Office.run(patience: 2) { office in
            await office.plants[1].fallSilent()
            let run = try await office.vmshop("plant", "list")
            #expect(run.lines[1].contains("plant-1"))
            #expect(run.lines[1].contains("ready"))
            #expect(run.lines[2].contains("silent"))
            #expect(run.lines[2].contains("did not answer"))
        }
    }
}
