import LibXML
import Libvirt

extension HypervisorError {
    /// What a libvirt error means to a caller of the protocol.
    ///
    /// - Parameters:
    ///   - error: What libvirt reported.
    ///   - attempt: What was tried, `start vm-7` say.
    init(_ error: VirtError, while attempt: String) {
        self.init(Self.code(of: error.code), "cannot \(attempt): \(error.message) [\(error.operation)]")
    }

    private static func code(of code: VirtError.Code) -> Code {
        switch code {
        case .unavailable, .busy, .connectionLost: .unavailable
        case .timedOut, .operationTimeout: .timedOut
        case .noDomain, .noNetwork: .notFound
        case .exists: .conflict
        case .unsupported: .unsupported
        case .xml, .configurationUnsupported, .invalidArgument: .refused
        default: .failed
        }
    }

    /// A tree that cannot be written, because of a character that XML cannot carry.
    init(_ error: XMLError) {
        self.init(.refused, "the document cannot be written: \(error)")
    }
}

/// Runs work that speaks to libvirt and tells its errors in this room's words.
func speaking<Value>(
    _ attempt: String,
    _ work: () async throws(VirtError) -> Value
) async throws(HypervisorError) -> Value {
    do throws(VirtError) {
        return try await work()
    } catch {
        throw HypervisorError(error, while: attempt)
    }
}
