/// A hash table that knows numbers only: what they stand for is in arrays of the caller's, who also compares.
///
/// Open addressing with linear probing, never more than two thirds full: 6 to 12 bytes a number. Swift's own dictionary
/// would keep the keys a second time.
struct NumberTable: Sendable {
    private static let empty = UInt32.max

    private var slots: [UInt32] = Array(repeating: Self.empty, count: 16)
    private var shift: UInt64 = 60
    private(set) var count = 0

    /// The number with a hash for which `matches` holds.
    func find(hash: UInt64, _ matches: (UInt32) -> Bool) -> UInt32? {
        let mask = self.slots.count - 1
        var slot = Int(hash >> self.shift)
        while true {
            let number = self.slots[slot]
            if number == Self.empty { return nil }
            if matches(number) { return number }
            slot = (slot + 1) & mask
        }
    }

    /// Adds a number that is not there.
    ///
    /// - Parameters:
    ///   - number: The number.
    ///   - hash: Its hash.
    ///   - hashOf: The hash of any number that is there, for when the table grows.
    mutating func insert(_ number: UInt32, hash: UInt64, _ hashOf: (UInt32) -> UInt64) {
        if (self.count + 1) * 3 > self.slots.count * 2 { self.grow(hashOf) }
        self.put(number, hash)
        self.count += 1
    }

    private mutating func put(_ number: UInt32, _ hash: UInt64) {
        let mask = self.slots.count - 1
        var slot = Int(hash >> self.shift)
        while self.slots[slot] != Self.empty { slot = (slot + 1) & mask }
        self.slots[slot] = number
    }

    private mutating func grow(_ hashOf: (UInt32) -> UInt64) {
        let old = self.slots
        self.slots = Array(repeating: Self.empty, count: old.count * 2)
        self.shift -= 1
        for number in old where number != Self.empty { self.put(number, hashOf(number)) }
    }
}

/// A number for each key, counted from 0.
struct KeyNumbers: Sendable {
    private var table = NumberTable()
    private var digests: [ActionKey.Digest] = []

    /// The number of a key; nil for one that was never seen.
    subscript(key: ActionKey) -> UInt32? {
        let digest = key.digest
        return self.table.find(hash: digest.first) { self.digests[Int($0)] == digest }
    }

    /// The number of a key, a new one if need be.
    mutating func number(adding key: ActionKey) -> UInt32 {
        if let number = self[key] { return number }
        let number = UInt32(self.digests.count)
        self.digests.append(key.digest)
        let digests = self.digests
        self.table.insert(number, hash: key.digest.first) { digests[Int($0)].first }
        return number
    }
}
