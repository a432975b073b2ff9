import FoundationEssentials
import Glibc
import NetStore
import ServerSettings
import ShopAPI
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("the start of a plant", .timeLimit(.minutes(1)))
struct StartTests {
    @Test("nobody but root gets into the shares, also where they were open; QEMU gets to the disks")
    func modes() async throws {
        try await TemporaryDirectory.with { directory in
            try await PlantFixture.prepare(directory)
            try FileManager.default.createDirectory(
                atPath: directory("state/shares"),
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o711]
            )
            let settings = try await PlantFixture.settings(directory)
            _ = try await PlantService.open(settings, logger: LogRecorder().logger())
            #expect(mode(directory("state/shares")) == 0o700)
            #expect(mode(directory("state/machines")) == 0o711)
        }
    }

    @Test(
        "settings that a room refuses are said to be settings",
        arguments: [
            ("hypervisor.uri=xen:///system", "hypervisor.uri"), ("warehouse.directory=here/../there", "warehouse"),
            ("state.directory=/dev/null/state", "state.directory"), ("network.pool=10.0.0.0/33", "pool"),
        ]
    )
    func wrongSettings(flag: String, part: String) async throws {
        try await TemporaryDirectory.with { directory in
            try await PlantFixture.prepare(directory)
            let error = await #expect(throws: SettingsError.self) {
                let settings = try await PlantFixture.settings(directory, [flag])
                return try await PlantService.open(settings, logger: LogRecorder().logger())
            }
            #expect(error?.message.contains(part) == true, "\(String(describing: error))")
        }
    }

    @Test("an address file that cannot be taken is a problem of a plant that runs, and no more once it is mended")
    func addressFile() async throws {
        try await TemporaryDirectory.with { directory in
            try await PlantFixture.prepare(directory)
            let good = "\u{FEFF}10.93.0.7 vmsbrfile \(directory("lent")) none 0 0 0 unused\n"
            try directory.write("the administrator's", to: "lent/notes")
            try directory.write("10.93.0.7 vmsbrfile /srv/one\n", to: "ip.txt")
            let options = PlantFixture.Options(
                ["network.addressFile=" + directory("ip.txt")],
                waitsUntilReady: false,
                shares: "lent"
            )
            try await PlantFixture.run(in: directory, options) { plant in
                try await Eventually.holds("the problem is shown") {
                    let problems = try await plant.client.status().problems
                    return problems.count == 1 && problems[0].contains("ip.txt") && problems[0].contains("line 1")
                }
                await expect(code: .unavailable) {
                    try await plant.client.create(.new(), RequestText.document(), options: .init())
                }
                try directory.write(good, to: "ip.txt")
                try await plant.waitUntilReady()
                let id = MachineID.new()
                _ = try await plant.client.create(id, RequestText.document(), options: .init())
                #expect(try await plant.client.settled(id).address == "10.93.0.7")
                _ = try await plant.client.collect(id)
                #expect(directory.read("lent/notes") == "the administrator's")
            }
        }
    }

    @Test("a file of another character set is read; what it says in remarks does not matter")
    func characterSet() async throws {
        try await TemporaryDirectory.with { directory in
            let latin = Array("# Gebäude 7\n".unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
            let line = Array("10.93.0.7 br0 /srv/one none 0 0 0 unused\n".utf8)
            try Data(latin + line).write(to: URL(filePath: directory("ip.txt")))
            let text = try await AddressFile.text(of: directory("ip.txt"))
            #expect(try IPFile.parse(text).map(\.address) == ["10.93.0.7"])
        }
    }

    private func mode(_ path: String) -> mode_t? {
        var found = stat()
        return stat(path, &found) == 0 ? found.st_mode & 0o7777 : nil
    }
}
