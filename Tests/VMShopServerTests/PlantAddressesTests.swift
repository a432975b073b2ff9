import Foundation
import ServerSettings
import Testing

@testable import VMShopServer

@Suite("The list of plants")
struct PlantAddressesTests {
    @Test("is one `address port` a line; comments, blank lines, carriage returns and repetitions are passed over")
    func lines() throws {
        let text =
            "# plants\r\n\r\n10.0.0.1 8101\r\n  plant-2.example.org\t8102  \n10.0.0.1 8101\n   # not now: 10.0.0.3 8101\nfd00::7 8101\n[fd00::8] 80"
        #expect(
            try PlantAddresses(parsing: text).urls == [
                "http://10.0.0.1:8101", "http://plant-2.example.org:8102", "http://[fd00::7]:8101",
                "http://[fd00::8]:80",
            ]
        )
    }

    @Test(
        "names the line that is not understood",
        arguments: [
            "10.0.0.1", "10.0.0.1 0", "10.0.0.1 65536", "10.0.0.1 80 81", "10.0.0.1 port", "10.0.0.1/x 80", "a@b 80",
            "http://10.0.0.1 80",
            "[fd00::7 80", "10.0.0.1:80", ": 80", "10.0.0.1 -1", "10.0.0.1 +80",
        ]
    )
    func badLine(line: String) {
        #expect { try PlantAddresses(parsing: "# first\n10.0.0.9 80\n" + line + "\n") } throws: {
            "\($0)".contains("line 3") && "\($0)".contains(line)
        }
    }

    @Test(
        "addresses in the configuration have a colon",
        arguments: [("10.0.0.1:80", "http://10.0.0.1:80"), ("[::1]:80", "http://[::1]:80")]
    )
    func addresses(text: String, url: String) throws {
        var list = try PlantAddresses(parsing: "")
        try list.add(addresses: [text])
        #expect(list.urls == [url])
    }

    @Test(
        "an address that is none is named",
        arguments: ["10.0.0.1", ":80", "10.0.0.1:", "10.0.0.1:0", "a b:80", "fd00::7:80"]
    )
    func badAddress(text: String) throws {
        var list = try PlantAddresses(parsing: "")
        #expect { try list.add(addresses: [text]) } throws: { "\($0)".contains("`\(text)`") }
    }

    @Test("is found in both spellings, by the file's name or its directory's", arguments: PlantAddresses.fileNames)
    func spellings(name: String) async throws {
        let directory = NSTemporaryDirectory() + "vmshop-list-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try "10.0.0.1 8101\n".write(toFile: directory + "/" + name, atomically: true, encoding: .utf8)
        for path in [directory] + PlantAddresses.fileNames.map({ directory + "/" + $0 }) {
            let sources = SettingsSources(
                flags: ["plants.file=" + path],
                file: nil,
                defaultFiles: [],
                environmentPrefix: "-"
            )
            #expect(try await PlantAddresses.load(ShopSettings(sources.reader())) == ["http://10.0.0.1:8101"])
        }
    }

    @Test("may begin with a byte order mark, and have `_` in a host's name")
    func lenient() throws {
        try withList("\u{FEFF}10.0.0.1 80\nplant_1 80\n") { path in
            let text = try PlantAddresses.text(path)
            #expect(text.hasPrefix("10."))
        }
        #expect(try PlantAddresses(parsing: "plant_1 80").urls == ["http://plant_1:80"])
    }

    @Test("that is not text is said to be so; a mistyped name is not taken for another file")
    func unreadable() throws {
        try withList("10.0.0.1 80\n") { path in
            let folder = URL(filePath: path).deletingLastPathComponent()
            #expect(throws: SettingsError.self) { try PlantAddresses.text(folder.path() + "mistyped.txt") }
            try Data([0x31, 0xFF]).write(to: URL(filePath: path))
            #expect { try PlantAddresses.text(path) } throws: { "\($0)".contains("UTF-8") }
        }
    }

    private func withList(_ text: String, _ body: (String) throws -> Void) throws {
        let directory = NSTemporaryDirectory() + "vmshop-list-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = directory + "/" + PlantAddresses.fileNames[1]
        try Data(text.utf8).write(to: URL(filePath: path))
        try body(path)
    }

    @Test("that is not there is an error")
    func missing() async throws {
        let flags = ["plants.file=/nonexistent/plants.txt"]
        let sources = SettingsSources(flags: flags, file: nil, defaultFiles: [], environmentPrefix: "-")
        let settings = try ShopSettings(await sources.reader())
        #expect { try PlantAddresses.load(settings) } throws: { "\($0)".contains("/nonexistent/plants.txt") }
    }
}
