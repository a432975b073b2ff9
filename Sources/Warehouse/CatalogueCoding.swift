import DAGModel

/// Numbers and texts one after the other, for what an index is kept in.
struct CompactWriter {
    private(set) var bytes: [UInt8] = [CompactReader.version]

    mutating func add(_ number: UInt64) { self.bytes.appendLittleEndian(number) }

    mutating func add(_ number: UInt64?) {
        self.bytes.append(number == nil ? 0 : 1)
        if let number { self.add(number) }
    }

    mutating func add(_ bytes: [UInt8]) {
        self.bytes.appendLittleEndian(UInt32(bytes.count))
        self.bytes += bytes
    }

    mutating func add(_ text: String) { self.add(Array(text.utf8)) }
}

/// Reads what ``CompactWriter`` wrote; nothing where it ends too early.
struct CompactReader {
    /// The form; another one is not read.
    static let version: UInt8 = 2

    private let bytes: [UInt8]
    private var place = 1

    init?(_ bytes: [UInt8]) {
        guard bytes.first == Self.version else { return nil }
        self.bytes = bytes
    }

    var isAtEnd: Bool { self.bytesLeft == 0 }

    var bytesLeft: Int { self.bytes.count - self.place }

    mutating func byte() -> UInt8? { self.take(1)?.first }

    mutating func number() -> UInt64? {
        self.take(8)?.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func optionalNumber() -> UInt64?? {
        guard let mark = self.byte() else { return .none }
        return mark == 0 ? .some(nil) : self.number().map { .some($0) }
    }

    mutating func blob() -> [UInt8]? {
        guard let count = self.take(4)?.reversed().reduce(0, { $0 << 8 | Int($1) }) else { return nil }
        return self.take(count).map(Array.init)
    }

    mutating func text() -> String? { self.blob().map { String(decoding: $0, as: UTF8.self) } }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= self.bytes.count - self.place else { return nil }
        defer { self.place += count }
        return self.bytes[self.place..<self.place + count]
    }
}

extension CatalogueEntry {
    /// The entry in bytes.
    var coded: [UInt8] {
        var writer = CompactWriter()
        writer.add(self.place)
        writer.add(self.stamp)
        switch self.state {
        case .unusable(let name):
            writer.add(UInt64(0))
            writer.add(name)
        case .usable(let summary, let history):
            writer.add(UInt64(1))
            writer.add(summary.name)
            writer.add(summary.root)
            for number in [summary.diskBytes, summary.virtualSize, summary.steps] { writer.add(UInt64(number)) }
            writer.add(summary.hardware.architecture)
            writer.add(summary.hardware.minimumMemory.map { UInt64($0.bytes) })
            writer.add(summary.operatingSystem ?? "")
            writer.add(summary.saved.map { UInt64($0.memory.bytes) })
            writer.add(UInt64(summary.saved?.cpus ?? 0))
            writer.add(history.flatMap(\.bytes))
        }
        return writer.bytes
    }

    /// The entry that some bytes say; nothing when they say none.
    init?(coded bytes: [UInt8]) {
        guard var reader = CompactReader(bytes), let place = reader.imagePlace(), let stamp = reader.optionalNumber(),
            let kind = reader.number(), let name = reader.text()
        else { return nil }
        guard kind == 1 else {
            self.init(place: place, stamp: stamp, state: .unusable(name: name))
            return
        }
        guard let root = reader.text(), let diskBytes = reader.number(), let virtualSize = reader.number(),
            let steps = reader.number(),
            let architecture = reader.text(), let memory = reader.optionalNumber(), let system = reader.text(),
            let savedMemory = reader.optionalNumber(), let savedCPUs = reader.number(), let digests = reader.blob(),
            reader.isAtEnd, digests.count == Int(clamping: steps) * ActionKey.byteCount
        else { return nil }
        let history = stride(from: 0, to: digests.count, by: ActionKey.byteCount).compactMap {
            ActionKey(bytes: digests[$0..<$0 + ActionKey.byteCount])
        }
        let minimum = memory.map { ByteCount(bytes: Int(clamping: $0)) }
        let summary = ImageSummary(
            name: name,
            root: root,
            diskBytes: Int(clamping: diskBytes),
            virtualSize: Int(clamping: virtualSize),
            steps: Int(clamping: steps),
            hardware: ImageHardware(minimumMemory: minimum, architecture: architecture),
            operatingSystem: system.isEmpty ? nil : system,
            saved: savedMemory.map {
                ImageSummary.Saved(memory: ByteCount(bytes: Int(clamping: $0)), cpus: Int(clamping: savedCPUs))
            }
        )
        self.init(place: place, stamp: stamp, state: .usable(summary, history: history))
    }
}

extension CatalogueHeading {
    /// The heading in bytes.
    var coded: [UInt8] {
        var writer = CompactWriter()
        writer.add(self.warehouse)
        writer.add(self.folder)
        writer.add(self.indexFile)
        writer.add(self.reader.last.map { UInt64($0.offset) })
        writer.add(self.reader.last?.text ?? [])
        writer.add(UInt64(self.reader.open.count))
        for name in self.reader.open.sorted() { writer.add(name) }
        writer.add(UInt64(self.named.count))
        for place in self.named { writer.add(place.text) }
        return writer.bytes
    }

    /// The heading that some bytes say; nothing when they say none.
    init?(coded bytes: [UInt8]) {
        guard var reader = CompactReader(bytes), let warehouse = reader.text(), let folder = reader.optionalNumber(),
            let indexFile = reader.optionalNumber(), let offset = reader.optionalNumber(), let text = reader.blob(),
            let open = reader.texts(), let named = reader.texts(), reader.isAtEnd
        else { return nil }
        let last = offset.map { ChangeReader.Place(offset: Int(clamping: $0), text: text) }
        self.init(
            warehouse: warehouse,
            reader: ChangeReader(last: last, open: Set(open)),
            folder: folder,
            indexFile: indexFile,
            named: named.map(ImagePlace.named)
        )
    }
}

extension CompactWriter {
    fileprivate mutating func add(_ place: ImagePlace) {
        switch place {
        case .published(let name):
            self.add(UInt64(0))
            self.add(name)
        case .named(let text):
            self.add(UInt64(1))
            self.add(text)
        }
    }
}

extension CompactReader {
    fileprivate mutating func imagePlace() -> ImagePlace? {
        guard let kind = self.number(), let text = self.text() else { return nil }
        return kind == 0 ? .published(text) : .named(text)
    }

    fileprivate mutating func texts() -> [String]? {
        guard let count = self.number(), count <= UInt64(self.bytesLeft) else { return nil }
        var texts: [String] = []
        for _ in 0..<count {
            guard let text = self.text() else { return nil }
            texts.append(text)
        }
        return texts
    }
}
