/// What an index is kept with: to what it belongs, and how far everything was read.
struct CatalogueHeading: Sendable, Hashable {
    let warehouse: String
    let reader: ChangeReader
    let folder: UInt64?
    let indexFile: UInt64?
    let named: [ImagePlace]
}

/// Keeps an index in a store, where there is one. What cannot be kept does no harm: the next start looks at everything.
struct CatalogueKeeper: Sendable {
    /// What was found in a store.
    struct Kept: Sendable {
        let heading: CatalogueHeading
        let entries: [CatalogueEntry]
    }

    private let store: (any CatalogueStore)?
    private var changed: [String: [UInt8]?] = [:]
    private var heading: CatalogueHeading?
    /// Whether the store has what was saved last.
    private var isCurrent = false

    /// A keeper of nothing yet.
    init(store: (any CatalogueStore)?) {
        self.store = store
    }

    /// What was kept of this warehouse; nothing when there is none or it cannot be read.
    mutating func load(_ layout: WarehouseLayout) -> Kept? {
        guard let store else { return nil }
        var entries: [CatalogueEntry] = []
        var isSound = true
        let bytes = try? store.load { value in
            if let entry = CatalogueEntry(coded: value) { entries.append(entry) } else { isSound = false }
        }
        guard isSound, let bytes, let heading = CatalogueHeading(coded: bytes),
            heading.warehouse == layout.directory.description
        else { return nil }
        self.heading = heading
        self.isCurrent = true
        return Kept(heading: heading, entries: entries)
    }

    /// Notes an entry; it is kept with the next ``save(_:)``.
    mutating func set(_ entry: CatalogueEntry) {
        if self.store != nil { self.changed[Self.key(entry.place)] = .some(entry.coded) }
    }

    /// Notes that an entry is gone.
    mutating func remove(_ place: ImagePlace) {
        if self.store != nil { self.changed[Self.key(place)] = .some(nil) }
    }

    /// Keeps what was noted, if there is anything.
    mutating func save(_ heading: CatalogueHeading) {
        guard let store, !self.changed.isEmpty || heading != self.heading else { return }
        let change = CatalogueChange(heading: heading.coded, values: self.changed, isWhole: !self.isCurrent)
        guard (try? store.save(change)) != nil else { return }
        self.changed = [:]
        self.heading = heading
        self.isCurrent = true
    }

    private static func key(_ place: ImagePlace) -> String {
        switch place {
        case .published(let name): name
        case .named(let text): "\n" + text
        }
    }
}
