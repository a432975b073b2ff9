import FoundationEssentials
import NetStore

/// The `ip.txt` of `network.addressFile`, taken over once after each start of the plant. While it cannot be, the list of
/// before counts, so that machines which have an address of it can be looked after.
actor AddressFile {
    private let path: String
    private var isTaken = false

    init(_ path: String) { self.path = path }

    /// Takes the addresses over, unless that was done.
    ///
    /// - Throws: ``NetStoreError`` for a list that cannot be taken, or what keeps the file from being read.
    func take(into book: AddressBook) async throws {
        guard !isTaken else { return }
        do {
            try await book.importIPFile(Self.text(of: path))
        } catch {
            throw NetStoreError(
                .invalid,
                "network.addressFile \(path): \((error as? NetStoreError)?.message ?? "\(error)")"
            )
        }
        isTaken = true
    }

    /// The text of a file. It may begin with a byte order mark; bytes that are no UTF-8 can only be in remarks.
    static func text(of path: String) async throws -> String {
        try await BlockingWork.run {
            let bytes = try Data(contentsOf: URL(filePath: path))
            return String(decoding: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes, as: UTF8.self)
        }
    }
}
