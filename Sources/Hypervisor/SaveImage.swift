import Glibc
import LibXML

/// The beginning of a file that libvirt saved a domain to: which domain it was, and where QEMU's own state begins.
///
/// A magic of 16 bytes; then, as 32-bit numbers of the host's byte order, version, length of the area of documents,
/// whether the domain ran, compression, offset of a second document, 14 that are unused; then the area: the domain's
/// document, a NUL, the second document, padding. (`qemu_saveimage.h` of libvirt.)
struct SaveImage: Sendable {
    /// The domain's document.
    let document: XMLElement
    /// Where in the file QEMU's state begins.
    let stateOffset: Int
    /// How the state is compressed, by libvirt's number.
    let compression: UInt32

    private static let magic = Array("LibvirtQemudSave".utf8)
    private static let version: UInt32 = 2
    private static let headerLength = 92
    /// libvirt's areas are some 70 KB long.
    private static let areaLimit = 4 << 20

    /// Reads the beginning of a file; blocks.
    ///
    /// - Throws: `.refused` for a file that is not one that libvirt saved a domain to, and finished.
    init(path: String) throws(HypervisorError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HypervisorError(.failed, "\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        let header = Self.read(descriptor, at: 0, count: Self.headerLength)
        let numbers = try Self.numbers(of: header, path)
        let area = Self.read(descriptor, at: Self.headerLength, count: Int(numbers.area))
        try self.init(area: area, compression: numbers.compression, whole: Int(numbers.area), path)
    }

    private init(area: [UInt8], compression: UInt32, whole: Int, _ path: String) throws(HypervisorError) {
        guard area.count == whole, let end = area.firstIndex(of: 0) else { throw Self.refused(path, "is cut short") }
        do throws(XMLError) {
            document = try XMLParser().parse(Array(area[..<end]))
        } catch {
            throw Self.refused(path, "describes no domain: \(error)")
        }
        guard document.name == "domain" else { throw Self.refused(path, "describes no domain") }
        stateOffset = Self.headerLength + whole
        self.compression = compression
    }

    /// The versioned machine type.
    var machineType: String? { document.first(named: "os")?.first(named: "type")?["machine"] }

    /// Whether the domain had a network card.
    var hasInterface: Bool { document.first(named: "devices")?.first(named: "interface") != nil }

    /// The beginning of a file for the same state of another domain, without the second document.
    func head(for document: String) -> [UInt8] {
        let area = Array(document.utf8) + [0]
        let numbers: [UInt32] = [Self.version, UInt32(area.count), 1, compression, 0]
        let header = Self.magic + numbers.flatMap { number in withUnsafeBytes(of: number) { Array($0) } }
        return header + [UInt8](repeating: 0, count: Self.headerLength - header.count) + area
    }

    private static func numbers(
        of header: [UInt8],
        _ path: String
    ) throws(HypervisorError) -> (area: UInt32, compression: UInt32) {
        guard header.count == headerLength, header.starts(with: magic) else {
            throw refused(path, "is no saved state of libvirt's, or an unfinished one")
        }
        let numbers = stride(from: magic.count, to: headerLength, by: 4).map { place in
            header[place..<place + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        let version = numbers[0]
        guard version == Self.version else { throw refused(path, "is of version \(version), not \(Self.version)") }
        guard (1...UInt32(areaLimit)).contains(numbers[1]) else {
            throw refused(path, "has documents of \(numbers[1]) bytes")
        }
        return (numbers[1], numbers[3])
    }

    private static func read(_ descriptor: Int32, at offset: Int, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, offset + filled)
                guard got > 0 else { break }
                filled += got
            }
        }
    }

    private static func refused(_ path: String, _ what: String) -> HypervisorError {
        HypervisorError(.refused, "\(path) \(what)")
    }
}
