import Glibc

/// Turns the results of system calls into values and typed errors.
enum SystemCall {
    /// The calling thread's `errno` as an error.
    ///
    /// - Parameters:
    ///   - operation: what was tried, as a verb ("open", "write").
    ///   - path: the file it was tried on.
    /// - Returns: the error.
    static func failure(_ operation: String, _ path: String) -> WarehouseError {
        Self.failure(operation, path, code: errno)
    }

    /// An `errno` value as an error.
    static func failure(_ operation: String, _ path: String, code: CInt) -> WarehouseError {
        let reason = String(cString: strerror(code))
        let message = "cannot \(operation) \(path): \(reason)"
        switch code {
        case ENOENT: return WarehouseError(.notFound, message)
        case ELOOP: return WarehouseError(.unsafePath, "\(message); symbolic links are not followed here")
        case ENOSPC, EDQUOT: return WarehouseError(.noSpace, "\(message); free some space and try again")
        case EEXIST, ENOTEMPTY: return WarehouseError(.conflict, message)
        default: return WarehouseError(.inputOutput, message)
        }
    }

    /// Repeats a call while signals interrupt it, and throws when it answers a negative number.
    @discardableResult
    static func check<Number: SignedInteger>(
        _ operation: String,
        _ path: String,
        _ call: () -> Number
    ) throws(WarehouseError) -> Number {
        while true {
            let result = call()
            if result >= 0 { return result }
            let code = errno
            guard code == EINTR else { throw Self.failure(operation, path, code: code) }
        }
    }
}
