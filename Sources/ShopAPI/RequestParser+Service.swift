public import DAGModel
import NIOPosix

extension RequestParser {
    /// Reads a request document for a service, on a thread that may take its time: a large document keeps a processor
    /// busy for a good part of a second, and the threads of the cooperative pool are few.
    ///
    /// - Parameter document: The document as it came.
    /// - Returns: The request.
    /// - Throws: ``ServiceError`` `request.invalid` with every mistake.
    public func read(_ document: [UInt8]) async throws -> Request {
        guard !ServiceTime.process.isSimulated else { return try readHere(document) }
        return try await NIOThreadPool.singleton.runIfActive { try readHere(document) }
    }

    private func readHere(_ document: [UInt8]) throws -> Request {
        do throws(RequestError) {
            return try parse(document)
        } catch {
            throw ServiceError(error)
        }
    }
}
