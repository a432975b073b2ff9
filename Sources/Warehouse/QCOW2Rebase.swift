/// Lets a qcow2 file, which nobody has open, name another file as the one that it stands on.
///
/// Only the first cluster is written, and only the header in it: what is beneath must be the same disk by another name.
struct QCOW2Rebase {
    let file: OpenFile

    /// The header's fixed part in version 3, without the fields that may follow and are zero here.
    private static let headerLength = 104
    private static let backingFormat: UInt32 = 0xe279_2aca
    /// Extensions that a header may lose: names of features, which are for people.
    private static let featureNames: UInt32 = 0x6803_f857

    /// Writes the name.
    ///
    /// - Throws: ``WarehouseError/Code/unsafeImage`` when the header holds what would be lost.
    func stand(on backing: DiskBacking) throws(WarehouseError) {
        let bytes = try self.file.read(count: QCOW2Header.prefixLength, at: 0)
        let header = try QCOW2Header(parsing: bytes)
        guard header.version == 3, header.clusterSize >= 4096 else {
            throw QCOW2Header.refusal("its header is of another kind than those that machines' disks have here")
        }
        guard header.extensionTypes.allSatisfy({ [Self.backingFormat, Self.featureNames].contains($0) }) else {
            throw QCOW2Header.refusal("its header has extensions that cannot be kept")
        }
        guard backing.path.utf8.count <= 1023 else {
            throw WarehouseError(.unsafePath, "\(backing.path) is longer than the 1023 bytes that qcow2 allows")
        }
        var cluster = Self.header(bytes, backing)
        cluster += [UInt8](repeating: 0, count: header.clusterSize - cluster.count)
        try self.file.write(cluster, at: 0)
    }

    private static func header(_ old: [UInt8], _ backing: DiskBacking) -> [UInt8] {
        var format: [UInt8] = []
        let name = [UInt8](backing.format.rawValue.utf8)
        format.appendBigEndian(self.backingFormat)
        format.appendBigEndian(UInt32(name.count))
        format += name + [UInt8](repeating: 0, count: (8 - name.count % 8) % 8)
        format += [UInt8](repeating: 0, count: 8)
        var place: [UInt8] = []
        place.appendBigEndian(UInt64(self.headerLength + format.count))
        place.appendBigEndian(UInt32(backing.path.utf8.count))
        var length: [UInt8] = []
        length.appendBigEndian(UInt32(self.headerLength))
        return old[..<8] + place + old[20..<100] + length + format + Array(backing.path.utf8)
    }
}
