/// What the warehouse could not do: what failed, where, and what to do about it.
public struct WarehouseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure; more may be added, so a `switch` over them needs a `default`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Name: String {
            case invalidName, invalidDraft, nameTaken, busy, notFound, damaged, unsafeImage, unsafePath
            case notPublished, inUse, conflict, tooLarge, noSpace, inputOutput, cancelled, unsupported
        }

        private let name: Name

        /// The code's stable name.
        public var description: String { self.name.rawValue }

        /// A name that no image may have.
        public static let invalidName = Self(name: .invalidName)
        /// A draft, a size or another argument that makes no sense.
        public static let invalidDraft = Self(name: .invalidDraft)
        /// An image of that name is there already.
        public static let nameTaken = Self(name: .nameTaken)
        /// Another publication or removal of the same name is under way.
        public static let busy = Self(name: .busy)
        /// No such image or file.
        public static let notFound = Self(name: .notFound)
        /// The image is listed but its manifest or its files cannot be used.
        public static let damaged = Self(name: .damaged)
        /// A disk whose header could lead the hypervisor elsewhere, or is not what it was said to be.
        public static let unsafeImage = Self(name: .unsafeImage)
        /// A path that leaves the folders it must stay in, or goes over a symbolic link.
        public static let unsafePath = Self(name: .unsafePath)
        /// The image is named by `index.txt` only: it is not this warehouse's to remove.
        public static let notPublished = Self(name: .notPublished)
        /// Machines still stand on the image.
        public static let inUse = Self(name: .inUse)
        /// A file with other content is where this one should be.
        public static let conflict = Self(name: .conflict)
        /// More than the limits allow.
        public static let tooLarge = Self(name: .tooLarge)
        /// The file system or a quota is full.
        public static let noSpace = Self(name: .noSpace)
        /// Any other failure of the file system.
        public static let inputOutput = Self(name: .inputOutput)
        /// The file system cannot do it.
        public static let unsupported = Self(name: .unsupported)
        /// The task was cancelled; nothing was left behind.
        public static let cancelled = Self(name: .cancelled)
    }

    /// The kind of failure.
    public let code: Code

    /// What failed, where, and what to do, in one or two sentences.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The code and the message.
    public var description: String { "\(self.code): \(self.message)" }
}
