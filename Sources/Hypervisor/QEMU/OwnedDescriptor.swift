import Glibc

/// A file descriptor that is closed when nobody has it any more.
final class OwnedDescriptor: Sendable {
    let number: Int32

    /// - Parameters:
    ///   - number: What a call answered: a descriptor, or an error's number below zero.
    ///   - what: What was to be opened, for the error.
    /// - Throws: The error, if it was one.
    init(_ number: Int32, _ what: String) throws(HypervisorError) {
        guard number >= 0 else { throw .system(-number, what) }
        self.number = number
    }

    deinit { close(number) }

    /// Does something with the descriptor, which is open until that is done; ``number`` alone keeps nothing open.
    func use<Value, Failure: Error>(_ body: (Int32) throws(Failure) -> Value) throws(Failure) -> Value {
        defer { withExtendedLifetime(self) {} }
        return try body(number)
    }
}

extension HypervisorError {
    /// What the kernel refused.
    ///
    /// - Parameters:
    ///   - number: The kernel's number for why.
    ///   - what: What was tried, or to what.
    /// - Returns: The error that says so.
    static func system(_ number: Int32, _ what: String) -> HypervisorError {
        HypervisorError(.failed, "\(what): \(String(cString: strerror(number)))")
    }
}
