import CLibvirt

/// An error that libvirt reported, or that a call met on its way to it.
public struct VirtError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One of libvirt's `VIR_ERR_*` numbers, or one of ours.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// libvirt's number; ours lie above 100 000.
        public var rawValue: UInt32

        /// Any code.
        ///
        /// - Parameter rawValue: libvirt's number.
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        private init(_ code: virErrorNumber) { self.rawValue = code.rawValue }

        /// The call did not end by its deadline. It goes on, and may still take effect.
        public static let timedOut = Code(rawValue: 100_001)
        /// Too many calls of this connection are under way; this one was not begun.
        public static let busy = Code(rawValue: 100_002)
        /// No connection to the hypervisor could be made; the call was not begun.
        public static let unavailable = Code(rawValue: 100_003)
        /// The connection was lost during the call, which may have taken effect.
        public static let connectionLost = Code(rawValue: 100_004)

        /// No domain has the name.
        public static let noDomain = Code(VIR_ERR_NO_DOMAIN)
        /// No network has the name.
        public static let noNetwork = Code(VIR_ERR_NO_NETWORK)
        /// The domain has no metadata of the asked kind.
        public static let noDomainMetadata = Code(VIR_ERR_NO_DOMAIN_METADATA)
        /// The state of the object does not allow the operation.
        public static let operationInvalid = Code(VIR_ERR_OPERATION_INVALID)
        /// The operation was tried and went wrong.
        public static let operationFailed = Code(VIR_ERR_OPERATION_FAILED)
        /// libvirt itself gave up waiting, for another job of the domain say.
        public static let operationTimeout = Code(VIR_ERR_OPERATION_TIMEOUT)
        /// The domain or network exists already.
        public static let exists = Code(VIR_ERR_DOM_EXIST)
        /// The document is not well-formed, or not what libvirt expects.
        public static let xml = Code(VIR_ERR_XML_ERROR)
        /// The document asks for what the hypervisor does not have.
        public static let configurationUnsupported = Code(VIR_ERR_CONFIG_UNSUPPORTED)
        /// The hypervisor's driver does not have the function.
        public static let unsupported = Code(VIR_ERR_NO_SUPPORT)
        /// The device is not there.
        public static let deviceMissing = Code(VIR_ERR_DEVICE_MISSING)
        /// An argument is not acceptable.
        public static let invalidArgument = Code(VIR_ERR_INVALID_ARG)
    }

    /// What kind of failure it is.
    public var code: Code
    /// libvirt's message.
    public var message: String
    /// The libvirt function that failed.
    public var operation: String

    /// An error.
    ///
    /// - Parameters:
    ///   - code: What kind of failure it is.
    ///   - message: What went wrong.
    ///   - operation: The function that failed.
    public init(code: Code, message: String, operation: String) {
        self.code = code
        self.message = message
        self.operation = operation
    }

    /// Function, message and code in one line.
    public var description: String { "\(operation): \(message) (libvirt error \(code.rawValue))" }

    /// Reads the last error of this thread: call it before anything else does.
    static func last(_ operation: String) -> VirtError {
        guard let error = virGetLastError() else {
            return VirtError(code: .init(rawValue: 0), message: "no error recorded", operation: operation)
        }
        return VirtError(
            code: .init(rawValue: UInt32(bitPattern: error.pointee.code)),
            message: error.pointee.message.map { String(cString: $0) } ?? "no message",
            operation: operation
        )
    }
}
