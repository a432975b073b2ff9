/// What was found in the files of images by reading all of each: once, while its content stays the same.
///
/// It is kept in memory only. A record beside the images would have to be believed, by every plant that shares the
/// warehouse; and to read them again at each start is what finds a disk that decays, which leaves no trace in a stamp.
actor DigestLedger {
    /// What was found in one file.
    private struct Finding: Sendable {
        let digest: String
        /// What is wrong with the tables of a qcow2 file.
        let flaw: String?
    }

    /// One content of one file, read as a disk of a format or as bytes.
    private struct Key: Sendable, Hashable {
        let path: PlainPath
        let content: ContentStamp
        let disk: ImageFile.Disk?
    }

    private typealias Waiter = AsyncStream<Result<Finding, WarehouseError>>.Continuation

    private let settlingTime: Int
    private var known: [Key: Finding] = [:]
    /// Who waits for the files that are being read.
    private var waiting: [Key: [Waiter]] = [:]
    /// How many files were read.
    private(set) var readings = 0

    /// An empty ledger.
    ///
    /// - Parameter settlingTime: how many seconds a file must have stayed the same before what was found is kept.
    init(settlingTime: Int = 1) {
        self.settlingTime = settlingTime
    }

    /// Checks that every file of an image is as its manifest says; whoever comes while a file is read waits for that.
    ///
    /// - Parameters:
    ///   - image: the image.
    ///   - roots: the folders that its files may be beneath.
    /// - Throws: ``WarehouseError/Code/damaged`` with the first difference, or why a file cannot be read.
    func check(_ image: WarehouseImage, beneath roots: AllowedRoots) async throws(WarehouseError) {
        for file in try image.files() {
            let finding = try await self.finding(file.path, file.disk, roots)
            guard finding.digest == file.digest else {
                throw WarehouseError(
                    .damaged,
                    "\(file.path) is damaged: its digest is \(finding.digest), not the \(file.digest) of the manifest"
                )
            }
            if let flaw = finding.flaw { throw WarehouseError(.damaged, flaw) }
        }
    }

    private func finding(
        _ path: PlainPath,
        _ disk: ImageFile.Disk?,
        _ roots: AllowedRoots
    ) async throws(WarehouseError) -> Finding {
        let (file, content) = try await BlockingWork.run { _ throws(WarehouseError) in
            let file = try roots.open(path)
            _ = try file.regularFileSize()
            return (file, ContentStamp(try file.status()))
        }
        let key = Key(path: path, content: content, disk: disk)
        if let finding = self.known[key] { return finding }
        let (results, waiter) = AsyncStream.makeStream(of: Result<Finding, WarehouseError>.self)
        if self.waiting[key] == nil { self.begin(key, file) }
        self.waiting[key, default: []].append(waiter)
        // Ends with the waiting task too: a large file takes minutes.
        for await result in results { return try result.get() }
        throw WarehouseError(.cancelled, "the task was cancelled")
    }

    private func begin(_ key: Key, _ file: OpenFile) {
        self.readings += 1
        // Looked at before the reading: what changes during it is noticed by the reading itself.
        let isSettled = key.content.isOlder(than: self.settlingTime)
        // UNSTRUCTURED: all who want the finding wait for it. Nobody cancels it: it ends with the file, and the next
        // request needs it too.
        Task { self.end(key, await Self.read(file, key.disk), isKept: isSettled) }
    }

    private func end(_ key: Key, _ result: Result<Finding, WarehouseError>, isKept: Bool) {
        for waiter in self.waiting.removeValue(forKey: key) ?? [] {
            waiter.yield(result)
            waiter.finish()
        }
        guard isKept, case .success(let finding) = result else { return }
        // A file has one content at a time.
        self.known = self.known.filter { $0.key.path != key.path }
        self.known[key] = finding
    }

    private static func read(_ file: OpenFile, _ disk: ImageFile.Disk?) async -> Result<Finding, WarehouseError> {
        do throws(WarehouseError) {
            return .success(
                try await BlockingWork.run { flag throws(WarehouseError) in
                    let role: ImageFileRole = disk == nil ? .kernel : .disk
                    let pass = FileCopy(phase: .verifying, role: role, progress: nil, flag: flag)
                    let digest = try pass.run(from: file, to: nil).digest
                    return Finding(digest: digest, flaw: try Self.flaw(of: file, disk, flag))
                }
            )
        } catch {
            return .failure(error)
        }
    }

    /// What is wrong with a disk besides its digest; the warehouse did not write all of them itself.
    private static func flaw(
        of file: OpenFile,
        _ disk: ImageFile.Disk?,
        _ flag: CancellationFlag
    ) throws(WarehouseError) -> String? {
        guard let disk else { return nil }
        do throws(WarehouseError) {
            _ = try DiskInspection.inspectWhole(file, format: disk.format, standingOn: disk.backing, flag)
            return nil
        } catch {
            guard error.code == .unsafeImage else { throw error }
            return error.message
        }
    }
}
