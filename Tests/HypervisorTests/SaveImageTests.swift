import FoundationEssentials
import LibXML
import Testing

@testable import Hypervisor

@Suite("The beginning of a saved state")
struct SaveImageTests {
    private static let domain = """
        <domain type='qemu'><name>old</name><os><type machine='pc-i440fx-7.2'>hvm</type></os><devices>
        <disk type='file'><source file='/etc/shadow'/><target dev='vda'/>
        <address type='pci' domain='0x0000' bus='0x00' slot='0x04' function='0x0'/></disk>
        <rng model='virtio'><address type='pci' domain='0x0000' bus='0x00' slot='0x05' function='0x0'/></rng>
        </devices></domain>
        """

    /// The file that libvirt would write.
    private static func bytes(
        magic: String = "LibvirtQemudSave",
        version: UInt32 = 2,
        length: UInt32? = nil,
        document: String = domain,
        ends: Bool = true
    ) -> [UInt8] {
        let area = Array(document.utf8) + (ends ? [0] + Array("<cookie/>".utf8) + [0, 0, 0] : [])
        let numbers = [version, length ?? UInt32(area.count), 1, 0, 0] + [UInt32](repeating: 0, count: 14)
        return Array(magic.utf8) + numbers.flatMap { number in withUnsafeBytes(of: number) { Array($0) } } + area
    }

    private static func read(_ bytes: [UInt8]) throws -> SaveImage {
        let path = "/tmp/save-image-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return try SaveImage(path: path)
    }

    @Test("tells the machine type, and where QEMU's state begins")
    func reading() throws {
        let bytes = Self.bytes()
        let image = try Self.read(bytes + Array("QEVM".utf8))
        #expect(image.machineType == "pc-i440fx-7.2")
        #expect(image.stateOffset == bytes.count)
        #expect(!image.hasInterface)
    }

    @Test("a new beginning is one that is read again, of whatever length")
    func writing() throws {
        let long = "<domain><name>new</name><title>\(String(repeating: "x", count: 100_000))</title></domain>"
        let head = try Self.read(Self.bytes()).head(for: long)
        let again = try Self.read(head)
        #expect(again.document.first(named: "name")?.text == "new")
        #expect(again.stateOffset == head.count)
    }

    @Test(
        "what is no finished saved state is refused",
        arguments: [
            ("empty", []),
            ("short", Array(bytes().prefix(50))),
            ("unfinished", bytes(magic: "LibvirtQemudPart")),
            ("of another version", bytes(version: 3)),
            ("of the other byte order", bytes(version: 0x0200_0000)),
            ("without documents", bytes(length: 0)),
            ("with documents beyond its end", bytes(length: 100_000)),
            ("with documents beyond all measure", bytes(length: .max)),
            ("without an end of the document", bytes(ends: false)),
            ("no XML", bytes(document: "<domain>")),
            ("no domain", bytes(document: "<network/>")),
            ("with entities", bytes(document: "<!DOCTYPE domain [<!ENTITY e 'x'>]><domain>&e;</domain>")),
        ]
    )
    func refusing(_ what: String, _ bytes: [UInt8]) throws {
        let error = try #require(throws: HypervisorError.self) { _ = try Self.read(bytes) }
        #expect(error.code == .refused)
    }

    @Test("only the places of devices are taken over, and none that is not plain")
    func places() throws {
        let saved = try XMLParser().parse(Array(Self.domain.utf8))
        let ours = try XMLParser().parse(
            Array("<domain><devices><disk><target dev='vda'/></disk><rng model='virtio'/></devices></domain>".utf8)
        )
        let placed = DevicePlaces(of: saved).applied(to: ours)
        let devices = try #require(placed.first(named: "devices"))
        #expect(devices.first(named: "disk")?.first(named: "source") == nil)
        #expect(devices.first(named: "rng")?.first(named: "address")?["slot"] == "0x05")

        let forged = Self.domain.replacing("0x05", with: "/dev/sda")
        let other = DevicePlaces(of: try XMLParser().parse(Array(forged.utf8))).applied(to: ours)
        #expect(other.first(named: "devices")?.first(named: "rng")?.first(named: "address") == nil)
    }
}
