/// Turns offsets into lines and columns. Asked in rising order it reads every byte once.
struct PositionTracker {
    private var offset = 0
    private var line = 1
    private var column = 1

    /// The position of an offset that is not before the one asked for last.
    mutating func position(of target: Int, in bytes: [UInt8]) -> XMLPosition {
        while self.offset < min(target, bytes.count) {
            let byte = bytes[self.offset]
            if byte == 0x0A {
                self.line += 1
                self.column = 1
            } else if byte & 0xC0 != 0x80 {
                // All but the continuation bytes of UTF-8 begin a scalar.
                self.column += 1
            }
            self.offset += 1
        }
        return XMLPosition(line: self.line, column: self.column)
    }

    /// The position of any one offset.
    static func position(of target: Int, in bytes: [UInt8]) -> XMLPosition {
        var tracker = PositionTracker()
        return tracker.position(of: target, in: bytes)
    }
}
