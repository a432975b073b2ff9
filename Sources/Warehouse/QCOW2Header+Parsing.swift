extension QCOW2Header {
    private static let backingFormatExtension: UInt32 = 0xe279_2aca

    /// Reads the header from the first bytes of a file, at most ``prefixLength`` of them.
    ///
    /// - Throws: ``WarehouseError/Code/unsafeImage`` when they are no qcow2 header or one that is out of bounds.
    public init(parsing bytes: [UInt8]) throws(WarehouseError) {
        let fields = FieldReader(bytes: bytes)
        guard bytes.starts(with: Self.magic) else { throw Self.refusal("the file does not begin as a qcow2 file does") }
        let version: UInt32 = try fields.next(at: 4)
        guard version == 2 || version == 3 else { throw Self.refusal("its version is \(version), not 2 or 3") }
        let clusterBits: UInt32 = try fields.next(at: 20)
        guard (9...21).contains(clusterBits) else {
            throw Self.refusal("its clusters are of 2^\(clusterBits) bytes, not of 2^9…2^21")
        }
        let size: UInt64 = try fields.next(at: 24)
        guard let virtualSize = Int(exactly: size) else { throw Self.refusal("its virtual size is \(size) bytes") }
        let end = try Self.headerEnd(version: version, clusterBits: clusterBits, fields)
        let extensions = try Self.extensions(from: end, clusterSize: 1 << Int(clusterBits), fields)

        self.version = Int(version)
        self.clusterBits = Int(clusterBits)
        self.virtualSize = virtualSize
        self.backingPath = try Self.backingPath(clusterSize: 1 << Int(clusterBits), fields)
        self.backingFormat = extensions.first { $0.type == Self.backingFormatExtension }
            .map { String(decoding: $0.content, as: UTF8.self) }
        self.extensionTypes = extensions.map(\.type)
        self.encryptionMethod = Int(try fields.next(at: 32) as UInt32)
        self.levelOneEntries = Int(try fields.next(at: 36) as UInt32)
        self.levelOneOffset = try fields.next(at: 40)
        self.referenceTableOffset = try fields.next(at: 48)
        self.referenceTableClusters = Int(try fields.next(at: 56) as UInt32)
        self.snapshotCount = Int(try fields.next(at: 60) as UInt32)
        self.incompatibleFeatures = .init(rawValue: version == 2 ? 0 : try fields.next(at: 72))
        self.referenceCountOrder = version == 2 ? 4 : Int(try fields.next(at: 96) as UInt32)
    }

    /// Where the header's fixed part ends and its extensions begin.
    private static func headerEnd(
        version: UInt32,
        clusterBits: UInt32,
        _ fields: FieldReader
    ) throws(WarehouseError) -> Int {
        guard version == 3 else { return 72 }
        let length: UInt32 = try fields.next(at: 100)
        guard length >= 104, length % 8 == 0, length <= min(4096, 1 << clusterBits) else {
            throw Self.refusal("it says that its header is \(length) bytes long")
        }
        return Int(length)
    }

    private static func extensions(
        from start: Int,
        clusterSize: Int,
        _ fields: FieldReader
    ) throws(WarehouseError) -> [(type: UInt32, content: ArraySlice<UInt8>)] {
        let backingOffset: UInt64 = try fields.next(at: 8)
        let end = backingOffset == 0 ? clusterSize : Int(clamping: min(backingOffset, UInt64(clusterSize)))
        var offset = start
        var found: [(type: UInt32, content: ArraySlice<UInt8>)] = []
        while offset + 8 <= end {
            let type: UInt32 = try fields.next(at: offset)
            let length = Int(try fields.next(at: offset + 4) as UInt32)
            if type == 0 { return found }
            guard length <= end - offset - 8 else {
                throw Self.refusal("a header extension of \(length) bytes leaves the first cluster")
            }
            found.append((type, try fields.slice(at: offset + 8, count: length)))
            offset += 8 + (length + 7) / 8 * 8
        }
        return found
    }

    private static func backingPath(
        clusterSize: Int,
        _ fields: FieldReader
    ) throws(WarehouseError) -> String? {
        let offset: UInt64 = try fields.next(at: 8)
        let length: UInt32 = try fields.next(at: 16)
        guard offset != 0 else { return nil }
        guard length <= 1023, offset <= UInt64(clusterSize), offset + UInt64(length) <= UInt64(clusterSize) else {
            throw Self.refusal("the name of its backing file leaves the first cluster")
        }
        return String(decoding: try fields.slice(at: Int(offset), count: Int(length)), as: UTF8.self)
    }

    static func refusal(_ reason: String) -> WarehouseError {
        WarehouseError(.unsafeImage, "not a usable qcow2 file: \(reason)")
    }
}

/// Reads big-endian fields out of bytes that may end too soon.
private struct FieldReader {
    let bytes: [UInt8]

    func next<Number: FixedWidthInteger & UnsignedInteger>(at offset: Int) throws(WarehouseError) -> Number {
        guard let value: Number = self.bytes.bigEndian(at: offset) else {
            throw QCOW2Header.refusal("it ends within its header, at byte \(self.bytes.count)")
        }
        return value
    }

    func slice(at offset: Int, count: Int) throws(WarehouseError) -> ArraySlice<UInt8> {
        guard count >= 0, offset >= 0, offset <= self.bytes.count - count else {
            throw QCOW2Header.refusal("it ends within its header, at byte \(self.bytes.count)")
        }
        return self.bytes[offset..<(offset + count)]
    }
}
