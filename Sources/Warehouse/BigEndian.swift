extension [UInt8] {
    /// The big-endian number of `Number`'s width at `offset`, or nothing when the bytes end before it does.
    func bigEndian<Number: FixedWidthInteger & UnsignedInteger>(
        at offset: Int,
        as: Number.Type = Number.self
    ) -> Number? {
        let width = Number.bitWidth / 8
        guard offset >= 0, offset <= self.count - width else { return nil }
        return self[offset..<(offset + width)].reduce(0) { $0 << 8 | Number($1) }
    }

    /// Appends `number`, most significant byte first.
    mutating func appendBigEndian(_ number: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
            self.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    /// Appends `number`, least significant byte first.
    mutating func appendLittleEndian(_ number: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) {
            self.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
