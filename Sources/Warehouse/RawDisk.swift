/// What is asked of a raw disk: its bytes are the guest's, so nothing in them may look like another format's header.
///
/// A raw file that begins as a qcow2 file does is harmless while its format is always stated; the first tool that
/// guesses would follow the header to other files of the host. So such a file does not enter the warehouse.
enum RawDisk {
    private static let signatures: [(format: String, offset: Int, bytes: [UInt8])] = [
        ("qcow or qcow2", 0, QCOW2Header.magic),
        ("vmdk", 0, [UInt8]("KDMV".utf8)),
        ("vmdk", 0, [UInt8]("COWD".utf8)),
        ("vmdk", 0, [UInt8]("# Disk DescriptorFile".utf8)),
        ("vdi", 64, [0x7f, 0x10, 0xda, 0xbe]),
        ("vhd", 0, [UInt8]("conectix".utf8)),
        ("vhdx", 0, [UInt8]("vhdxfile".utf8)),
        ("qed", 0, [UInt8]("QED\0".utf8)),
        ("luks", 0, [UInt8]("LUKS".utf8) + [0xba, 0xbe]),
        ("parallels", 0, [UInt8]("WithoutFreeSpace".utf8)),
        ("parallels", 0, [UInt8]("WithouFreSpacExt".utf8)),
        ("bochs", 0, [UInt8]("Bochs Virtual HD Image".utf8)),
        ("cloop", 0, [UInt8]("#!/bin/sh\n#V2.0 Format\n".utf8)),
    ]

    /// How many bytes from the start of a file ``check(prefix:size:)`` wants at most.
    static let prefixLength = 512

    /// Checks that a file can be a raw disk.
    ///
    /// - Parameters:
    ///   - prefix: the file's first bytes, at most ``prefixLength``.
    ///   - size: the file's size in bytes.
    /// - Throws: ``WarehouseError/Code/unsafeImage`` with the reason.
    static func check(prefix: [UInt8], size: Int) throws(WarehouseError) {
        for signature in Self.signatures where prefix.dropFirst(signature.offset).starts(with: signature.bytes) {
            throw WarehouseError(
                .unsafeImage,
                "said to be raw, but begins as a \(signature.format) file does: an image must not choose its own format;"
                    + " convert it with `qemu-img convert -f … -O raw`, or state its format"
            )
        }
        guard size > 0, size % 512 == 0, size <= QCOW2Header.maximumVirtualSize else {
            throw WarehouseError(
                .unsafeImage,
                "a raw disk of \(size) bytes: its size must be a multiple of 512, above 0 and at most 64 TiB"
                    + " (`truncate -s %512` fills it up)"
            )
        }
    }
}
