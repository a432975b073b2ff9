import Foundation
import LibXML
import Testing
import VMShopTesting

@Suite("vmshop validate")
struct ValidateTests {
    private static let good = String(decoding: Documents.machine(actions: ["a", "b"]), as: UTF8.self)
    private static let bad = """
        <request xmlns="urn:vmshop:request:1">
          <client domain="d"/>
          <start><image name="small"/></start>
          <actions><action id="a"><script>x</script></action><action id="a"><script>y</script></action></actions>
          <edges><edge from="a" to="nowhere"/></edges>
        </request>
        """

    /// The samples there are.
    static let samples: [String] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = root.appending(path: "samples/dags").path()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".xml") }.sorted().map { folder + "/" + $0 }
    }()

    @Test("accepts every sample, and there are nine")
    func samples() async throws {
        #expect(Self.samples.count == 9)
        let run = try await Tool.vmshop.run(["validate"] + Self.samples)
        #expect(run.exitCode == 0, "\(run.output)")
        #expect(run.lines.filter { $0.contains(": valid, ") }.count == Self.samples.count)
    }

    @Test("says what a valid document does, from a file or from standard input")
    func valid() async throws {
        let run = try await Tool.vmshop.run("validate", "-", input: Self.good)
        #expect(run.exitCode == 0)
        #expect(run.output == "-: valid, 2 actions: a → b\n")
        #expect(run.errors.isEmpty)
    }

    @Test("shows every mistake as FILE:LINE:COLUMN and exits with 65")
    func invalid() async throws {
        try await withDirectory { directory in
            let file = try Self.bad.write(in: directory, as: "bad.xml")
            let run = try await Tool.vmshop.run("validate", file)
            #expect(run.exitCode == 65)
            let places = run.lines.filter { !$0.isEmpty }.map { $0.dropFirst(file.count).split(separator: ":") }
            #expect(run.lines.dropLast().allSatisfy { $0.hasPrefix(file + ":") })
            #expect(Set(places.map { String($0[0]) }) == ["4", "5"])
            #expect(places.allSatisfy { Int($0[1]) != nil })
            #expect(run.output.contains("nowhere"))
        }
    }

    @Test("checks several documents; one that is wrong decides")
    func several() async throws {
        try await withDirectory { directory in
            let good = try Self.good.write(in: directory, as: "good.xml")
            let bad = try Self.bad.write(in: directory, as: "bad.xml")
            let run = try await Tool.vmshop.run("validate", good, bad)
            #expect(run.exitCode == 65)
            #expect(run.output.contains("good.xml: valid"))
        }
    }

    @Test("goes on behind a file that is not there; 66 says that one was not")
    func oneMissing() async throws {
        try await withDirectory { directory in
            let good = try Self.good.write(in: directory, as: "good.xml")
            let bad = try Self.bad.write(in: directory, as: "bad.xml")
            let run = try await Tool.vmshop.run("validate", good, "/nonexistent.xml", bad)
            #expect(run.exitCode == 66)
            #expect(run.output.contains("good.xml: valid") && run.output.contains("bad.xml:4:"))
            #expect(run.errors.contains("/nonexistent.xml"))
            let json = try await Tool.vmshop.run("validate", good, "/nonexistent.xml", "-o", "json")
            #expect(json.exitCode == 66)
            let parsed = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
            #expect(parsed?.map { $0["isValid"] as? Bool } == [true, false])
            #expect(parsed?.last?["problem"] as? String != nil)
        }
    }

    @Test("nothing is lost of a document with characters that a terminal must not see")
    func harmful() async throws {
        let document = Self.good.replacing(
            "</script>",
            with: "\u{7F}\u{9B}\u{202E}\u{2066}\u{2028}\u{85}&#13;</script>"
        )
        let plain = try await Tool.vmshop.run("validate", "-", "-o", "json", input: document)
        let canonical = try await Tool.vmshop.run("validate", "--canonical", "-", input: document)
        for run in [plain, canonical] {
            #expect(!run.output.unicodeScalars.contains { ["\u{7F}", "\u{9B}", "\u{202E}", "\u{2028}"].contains($0) })
        }
        let again = try await Tool.vmshop.run("validate", "-", "-o", "json", input: canonical.output)
        func digest(_ run: Tool.Run) throws -> [String?] {
            let list = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]] ?? []
            return list.flatMap { [$0["digest"] as? String, $0["canonicalXML"] as? String] }
        }
        #expect(try digest(plain) == digest(again))
        #expect(try digest(plain).first ?? nil != nil)
        let xml = try await Tool.vmshop.run("validate", "-", "-o", "xml", input: document)
        let root = try XMLParser().parse(Array(xml.output.utf8))
        #expect(root.children.first?.first(named: "canonicalXML")?.text == (try digest(plain).last ?? nil))
    }

    @Test("an answer that cannot be written is 74")
    func fullDisk() async throws {
        let sample = try #require(Self.samples.first)
        let run = try await Tool.vmshop.run("validate", sample, outputFile: "/dev/full")
        #expect(run.exitCode == 74)
        #expect(run.errors.contains("standard output cannot be written"))
    }

    @Test("JSON and XML output can be parsed, for valid and invalid documents", arguments: [good, bad, "", "<"])
    func machineReadable(document: String) async throws {
        let json = try await Tool.vmshop.run("validate", "-", "--output", "json", input: document)
        let parsed = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
        #expect(parsed?.first?["isValid"] as? Bool == (document == Self.good))
        let xml = try await Tool.vmshop.run("validate", "-", "-o", "xml", input: document)
        #expect(try XMLParser().parse(Array(xml.output.utf8)).name == "validations")
        #expect(json.exitCode == (document == Self.good ? 0 : 65))
        #expect(xml.exitCode == json.exitCode)
    }

    @Test("the canonical form is itself valid")
    func canonical() async throws {
        let first = try await Tool.vmshop.run("validate", "--canonical", "-", input: Self.good)
        let second = try await Tool.vmshop.run("validate", "--canonical", "-", input: first.output)
        #expect(first.output.hasPrefix("<"))
        #expect(first.output == second.output)
    }

    @Test(
        "a file that is not there, or a directory, is said so, with 66",
        arguments: ["/nonexistent/request.xml", "/tmp"]
    )
    func missing(path: String) async throws {
        let run = try await Tool.vmshop.run("validate", path)
        #expect(run.exitCode == 66)
        #expect(run.errors.contains(path))
        #expect(!run.errors.contains("Code="))
    }

    @Test("a file of 100 MB is refused, not read")
    func huge() async throws {
        try await withDirectory { directory in
            let path = directory + "/huge.xml"
            try Data().write(to: URL(filePath: path))
            let handle = try FileHandle(forWritingTo: URL(filePath: path))
            try handle.truncate(atOffset: 100 << 20)
            try handle.close()
            let run = try await Tool.vmshop.run("validate", path)
            #expect(run.exitCode == 65)
            #expect(run.errors.contains("larger than"))
        }
    }
}
