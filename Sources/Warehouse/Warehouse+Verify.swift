/// What a verification found.
public struct ImageVerification: Sendable, Hashable {
    /// What was found of one file.
    public struct File: Sendable, Hashable {
        /// What the file is to the image.
        public let role: ImageFileRole
        /// Its absolute path.
        public let path: String
        /// The digest that the manifest states.
        public let expected: String
        /// How the file differs from the manifest; nothing when it does not.
        public let difference: String?
    }

    /// The image's name.
    public let name: String
    /// Its files.
    public let files: [File]

    /// Whether every file is as the manifest says.
    public var isIntact: Bool { self.files.allSatisfy { $0.difference == nil } }
}

extension Warehouse {
    /// Reads all files of an image and compares their digests with the manifest.
    ///
    /// - Parameters:
    ///   - name: the image's name.
    ///   - progress: told how far the reading has come.
    /// - Returns: what was found of each file.
    /// - Throws: ``WarehouseError``: `notFound`; `damaged` when not even the manifest can be read; `cancelled`.
    public func verify(
        _ name: String,
        progress: WarehouseProgress.Handler? = nil
    ) async throws(WarehouseError) -> ImageVerification {
        let catalogue = self.catalogue
        return try await BlockingWork.run { flag throws(WarehouseError) in
            guard let reader = try catalogue.reader(named: name, flag) else {
                throw WarehouseError(.notFound, "there is no image \(name.debugDescription) in the warehouse")
            }
            var files: [ImageVerification.File] = []
            for file in try reader.files(of: try reader.manifest().manifest) {
                let pass = FileCopy(phase: .verifying, role: file.role, progress: progress, flag: flag)
                files.append(try Self.verify(file, reader.roots, pass))
            }
            return ImageVerification(name: name, files: files)
        }
    }

    private static func verify(
        _ file: ImageFile,
        _ roots: AllowedRoots,
        _ pass: FileCopy
    ) throws(WarehouseError) -> ImageVerification.File {
        var difference: String?
        do throws(WarehouseError) {
            let (digest, bytes) = try pass.run(from: try roots.open(file.path), to: nil)
            if bytes != file.bytes {
                difference = "it has \(bytes) bytes, not \(file.bytes)"
            } else if digest != file.digest {
                difference = "its digest is \(digest)"
            }
        } catch {
            if error.code == .cancelled { throw error }
            difference = error.message
        }
        return ImageVerification.File(
            role: file.role,
            path: file.path.description,
            expected: file.digest,
            difference: difference
        )
    }
}
