import Foundation
import ServerSettings
import Testing
import VMPlantServer
import VMShopServer

@testable import ServerCommands

@Suite("The sheets of settings")
struct SheetTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("are the files in config/", arguments: ["vmshop", "vmplant"])
    func published(name: String) throws {
        let sheet = name == "vmshop" ? SettingsSheet.shop : .plant
        let file = try String(contentsOf: Self.root.appending(path: "config/\(name).yaml"), encoding: .utf8)
        #expect(sheet.text == file)
    }

    @Test("say the defaults that the servers have")
    func defaults() async throws {
        func reader(_ text: String) async throws -> SettingsReader {
            try await withFile(text) {
                try await SettingsSources(flags: [], file: $0, defaultFiles: [], environmentPrefix: "-").reader()
            }
        }
        #expect(try await ShopSettings(reader(SettingsSheet.shop.text)) == ShopSettings(reader("# nothing\n")))
        var plain = SettingsSheet.plant
        #expect(plain.set("name", "p") == nil)
        #expect(try await PlantSettings(reader(plain.text)) == PlantSettings(reader("name: p\n")))
    }

    @Test(
        "know every key that the servers read",
        arguments: ["VMShopServer/ShopSettings", "VMPlantServer/PlantSettings"]
    )
    func keys(file: String) throws {
        let source = try String(contentsOf: Self.root.appending(path: "Sources/\(file).swift"), encoding: .utf8)
        let read = source.matches(of: /reader\.\w+\("([a-zA-Z.]+)"/).map { String($0.output.1) }
        #expect(!read.isEmpty)
        #expect(Set(read) == Set((file.contains("Shop") ? SettingsSheet.shop : .plant).keys))
    }

    @Test(
        "a key that is mistyped is an error with its line",
        arguments: [
            ("name: x\nhttp:\n  prot: 80\n", "3", "http.prot"), ("nmae: x\n", "1", "nmae"),
            ("timeout:\n  accept: 5\n", "1", "timeout"),
            ("http: 80\n", "1", "http"), ("http:\n  port:\n    number: 80\n  hots: x\n", "4", "http.hots"),
            ("1: 2\n", "1", "1"),
        ]
    )
    func unknownKeys(text: String, line: String, key: String) async throws {
        try await withFile(text) { path in
            let sources = SettingsSources(
                flags: [],
                file: path,
                defaultFiles: [],
                environmentPrefix: "-",
                knownKeys: SettingsSheet.shop.keys
            )
            await #expect { try await sources.reader() } throws: {
                "\($0)".contains("\(path):\(line)") && "\($0)".contains("`\(key)`")
            }
        }
    }

    @Test("a flag that is mistyped is an error with what there is")
    func unknownFlag() async {
        let sources = SettingsSources(
            flags: ["http.prot=1"],
            file: nil,
            defaultFiles: [],
            environmentPrefix: "-",
            knownKeys: SettingsSheet.shop.keys
        )
        await #expect { try await sources.reader() } throws: {
            "\($0)".contains("http.prot") && "\($0)".contains("http.port")
        }
    }

    @Test(
        "any text that is set is read back as it is",
        arguments: [
            "plain", #"quo"te"#, #"back\slash"#, "# no comment", "true", "80", "a: b", "[x]", "ünïcode ☃", " blanks ",
            "{}", "'", "*x", "&x", "%", "@",
        ]
    )
    func texts(text: String) async throws {
        var sheet = SettingsSheet.shop
        #expect(sheet.set("plants.file", text) == nil)
        try await withFile(sheet.text) { path in
            let sources = SettingsSources(
                flags: [],
                file: path,
                defaultFiles: [],
                environmentPrefix: "-",
                knownKeys: SettingsSheet.shop.keys
            )
            let settings = try ShopSettings(await sources.reader())
            #expect(settings.plantsFile == text)
        }
    }
}
