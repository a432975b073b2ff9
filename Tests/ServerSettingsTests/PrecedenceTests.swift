import Foundation
import ServerSettings
import Testing
import VMPlantServer
import VMShopServer

@Suite("Where settings come from", .serialized)
struct PrecedenceTests {
    private func settings(
        _ flags: [String] = [],
        file: String? = nil,
        defaultFiles: [String] = [],
        prefix: String = "vmshoptest"
    ) async throws -> ShopSettings {
        try ShopSettings(
            await SettingsSources(flags: flags, file: file, defaultFiles: defaultFiles, environmentPrefix: prefix)
                .reader()
        )
    }

    @Test("flags count more than the environment, that more than the file, that more than defaults")
    func order() async throws {
        setenv("VMSHOPTEST_HTTP_PORT", "3", 1)
        setenv("VMSHOPTEST_HTTP_HOST", "env", 1)
        defer { unsetenv("VMSHOPTEST_HTTP_PORT"); unsetenv("VMSHOPTEST_HTTP_HOST") }
        try await withFile("name: file\nhttp:\n  port: 2\n  host: file\n") { path in
            let settings = try await settings(["http.port=4"], file: path)
            #expect(settings.port == 4)
            #expect(settings.host == "env")
            #expect(settings.name == "file")
            #expect(settings.estimateTimeout == 5)
        }
    }

    @Test("a key in camel case has a variable with underscores")
    func camelCase() async throws {
        setenv("VMSHOPTEST_NETWORK_BRIDGE_PREFIX", "br", 1)
        defer { unsetenv("VMSHOPTEST_NETWORK_BRIDGE_PREFIX") }
        let sources = SettingsSources(flags: [], file: nil, defaultFiles: [], environmentPrefix: "vmshoptest")
        #expect(try await PlantSettings(sources.reader()).bridgePrefix == "br")
        let flags = SettingsSources(
            flags: ["network.bridgePrefix=x"],
            file: nil,
            defaultFiles: [],
            environmentPrefix: "vmshoptest"
        )
        #expect(try await PlantSettings(flags.reader()).bridgePrefix == "x")
    }

    @Test("lists are YAML lists in the file and comma-separated elsewhere")
    func lists() async throws {
        let expected = ["10.0.0.1:80", "10.0.0.2:80"]
        try await withFile("plants:\n  addresses: [\"10.0.0.1:80\", \"10.0.0.2:80\"]\n") { path in
            let settings = try await settings(file: path)
            #expect(settings.plantAddresses == expected)
        }
        #expect(try await settings(["plants.addresses=10.0.0.1:80,10.0.0.2:80"]).plantAddresses == expected)
    }

    @Test("the items of a list may have blanks around them, and none may be missing")
    func blanksInLists() async throws {
        let expected = ["10.0.0.1:80", "10.0.0.2:80"]
        #expect(try await settings(["plants.addresses= 10.0.0.1:80 , ,10.0.0.2:80,"]).plantAddresses == expected)
    }

    @Test("a variable that is mistyped is an error with what there is; those of others are let be")
    func unknownVariables() throws {
        let sources = SettingsSources(
            flags: [],
            file: nil,
            defaultFiles: [],
            environmentPrefix: "vmshop",
            knownKeys: ["http.port", "network.bridgePrefix"]
        )
        let fine = [
            "VMSHOP_HTTP_PORT", "VMSHOP_NETWORK_BRIDGE_PREFIX", "VMSHOP_URL", "VMSHOP_WAREHOUSE", "VMSHOP_FAULT",
            "VMSHOP_BINARIES", "VMSHOP_LAB", "VMSHOP_E2E_KEEP", "VMSHOP_LAB_DIR", "VMSHOP", "VMPLANT_X", "PATH",
        ]
        #expect(throws: Never.self) { try sources.checkVariables(fine) }
        #expect { try sources.checkVariables(fine + ["VMSHOP_HTTP_PROT"]) } throws: {
            "\($0)".contains("VMSHOP_HTTP_PROT is") && "\($0)".contains("VMSHOP_HTTP_PORT,")
        }
    }

    @Test("one of the usual files that is there and cannot be read is an error, not passed over")
    func unreadableDefaultFile() async throws {
        // A directory: what may not be read does not exist for root, as which these tests run.
        await #expect { try await settings(defaultFiles: [NSTemporaryDirectory()]) } throws: {
            "\($0)".contains(NSTemporaryDirectory()) && $0 is SettingsError
        }
        #expect(try await settings(defaultFiles: ["/etc/hostname/x.yaml"]).name == "shop")
    }

    @Test("a setting's value may contain an equals sign, and be empty")
    func equals() async throws {
        #expect(try await settings(["plants.file=a=b"]).plantsFile == "a=b")
    }

    @Test("what is not key=value is refused", arguments: ["name", "=x", ""])
    func badFlag(flag: String) async {
        await #expect { try await settings([flag]) } throws: {
            "\($0)".contains("--set wants key=value") && $0 is SettingsError
        }
    }

    @Test("without a named file the first of the usual ones is read")
    func defaultFiles() async throws {
        try await withFile("name: usual\n") { path in
            let settings = try await settings(defaultFiles: ["/nonexistent/a.yaml", path])
            #expect(settings.name == "usual")
        }
        #expect(try await settings(defaultFiles: ["/nonexistent/a.yaml"]).name == "shop")
    }

    @Test("a named file that is not there is an error with its name")
    func missing() async {
        await #expect { try await settings(file: "/nonexistent/shop.yaml") } throws: {
            "\($0)".contains("/nonexistent/shop.yaml") && $0 is SettingsError
        }
    }

    @Test(
        "a file that is not YAML, or no settings, is an error with its name",
        arguments: ["name: [", "\tname: x", "- a\n- b", "just words", "name: a\nname: b"]
    )
    func notYAML(text: String) async throws {
        try await withFile(text) { path in
            let sources = SettingsSources(
                flags: [],
                file: path,
                defaultFiles: [],
                environmentPrefix: "-",
                knownKeys: ["name"]
            )
            await #expect { try await sources.reader() } throws: { "\($0)".contains(path) && $0 is SettingsError }
        }
    }

    @Test(
        "an empty file, or one with comments only, is no error",
        arguments: ["", "# nothing\n", "\n\n", "http:\n", "http: {}\n"]
    )
    func empty(text: String) async throws {
        try await withFile(text) { path in
            let sources = SettingsSources(
                flags: [],
                file: path,
                defaultFiles: [],
                environmentPrefix: "-",
                knownKeys: ["name", "http.port"]
            )
            let settings = try ShopSettings(await sources.reader())
            #expect(settings.port == 8100)
        }
    }
}

@Suite("Settings that cannot be used")
struct WrongSettingTests {
    @Test(
        "of a plant's network, too",
        arguments: [
            ("network.pool=here", "here"), ("network.bridgePrefix=far-too-long-for-one", "network.bridgePrefix"),
            ("timeouts.boot=0", "more than 0"), ("attributes=Rack", "NAME=VALUE"),
            ("attributes=Rack=1,rack=2", "given twice"), ("attributes=memory=3", "of its own"),
        ]
    )
    func plant(flag: String, words: String) async throws {
        let sources = SettingsSources(flags: [flag], file: nil, defaultFiles: [], environmentPrefix: "-")
        let reader = try await sources.reader()
        #expect { try PlantSettings(reader) } throws: { "\($0)".contains(words) && $0 is SettingsError }
    }

    @Test(
        "are errors that name the key and what is expected",
        arguments: [
            ("http.port=many", "http.port", "whole number"), ("http.port=80.5", "http.port", "whole number"),
            ("http.port=-1", "http.port", "0…65535"),
            ("http.port=65536", "http.port", "0…65535"), ("timeouts.estimate=soon", "timeouts.estimate", "seconds"),
            ("timeouts.estimate=-1", "timeouts.estimate", "seconds"),
            ("timeouts.estimate=nan", "timeouts.estimate", "seconds"),
            ("timeouts.accept=90000", "timeouts.accept", "86400"),
            ("timeouts.accept=0", "timeouts.accept", "more than 0"), ("timeouts.accept=0.0", "timeouts.accept", "more"),
            ("name=my shop", "name", "A-Z"), ("name=", "name", "A-Z"),
            ("plants.addresses=10.0.0.1", "plants.addresses", "port"),
            ("plants.addresses=fd00::1:80", "plants.addresses", "[ADDRESS]:PORT"),
            ("cost.policy=cheap", "cost.policy", "vmplants-2004, time, least-loaded"),
            ("state.directory=here", "state.directory", "absolute path"), ("http.port=", "http.port", "whole number"),
        ]
    )
    func flags(flag: String, key: String, expected: String) async throws {
        let sources = SettingsSources(flags: [flag], file: nil, defaultFiles: [], environmentPrefix: "-")
        let reader = try await sources.reader()
        #expect { try ShopSettings(reader) } throws: { "\($0)".contains(key) && "\($0)".contains(expected) }
    }

    @Test(
        "in the file, too",
        arguments: [
            ("http:\n  port: eighty\n", "http.port", "whole number"),
            ("http:\n  port: [80]\n", "http.port", "whole number"),
            ("plants:\n  addresses: 10\n", "plants.addresses", "list"), ("name: [a]\n", "name", "text"),
            ("timeouts:\n  estimate: x\n", "timeouts.estimate", "seconds"),
        ]
    )
    func file(text: String, key: String, expected: String) async throws {
        try await withFile(text) { path in
            let reader = try await SettingsSources(flags: [], file: path, defaultFiles: [], environmentPrefix: "-")
                .reader()
            #expect { try ShopSettings(reader) } throws: { "\($0)".contains(key) && "\($0)".contains(expected) }
        }
    }

    @Test("a number of seconds may have a fraction or none", arguments: [("5", 5.0), ("0.25", 0.25)])
    func seconds(text: String, value: Double) async throws {
        let sources = SettingsSources(
            flags: ["timeouts.accept=" + text],
            file: nil,
            defaultFiles: [],
            environmentPrefix: "-"
        )
        #expect(try await ShopSettings(sources.reader()).acceptTimeout == value)
        try await withFile("timeouts:\n  accept: \(text)\n") { path in
            let sources = SettingsSources(flags: [], file: path, defaultFiles: [], environmentPrefix: "-")
            let settings = try ShopSettings(await sources.reader())
            #expect(settings.acceptTimeout == value)
        }
    }
}
