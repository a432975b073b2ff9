import DAGModel

/// The index of a warehouse, kept up to date without looking at images that did not change.
///
/// Three things tell what changed: the log, in which everybody who publishes, replaces or removes writes names; the date of
/// the folder of images, which a directory that was put there or taken away by hand changes; that of `index.txt`. What
/// leaves no such trace, a manifest that was written over by hand, is found by looking at a few images each time, one
/// after the other, and at last when the image is chosen, whose files are looked at always.
struct CatalogueIndex: Sendable {
    /// Images that are looked at each time though nothing says that they changed.
    static let lookedAtEachTime = 16
    /// The most images of which the folder is listed whenever its date changed. In a larger one a directory that was put
    /// there by hand is found by ``Catalogue/lookAround(atMost:_:)``.
    static let listedAtOnce = 1000

    private(set) var images = ImageIndex()
    private var keeper: CatalogueKeeper
    private var reader = ChangeReader()
    private var isFilled = false
    /// The dates for which the folder and `index.txt` were read; nothing while they may be changing still.
    private var folder: UInt64?
    private var indexFile: UInt64?
    /// Places whose files may be changing still, so that the next change would leave no trace.
    private var unsettled: Set<ImagePlace> = []
    /// Where the look at one after the other stands.
    private var next = 0
    private var new: Set<ImagePlace> = []

    /// An index of which nothing is known but what was kept.
    init(store: (any CatalogueStore)?) {
        self.keeper = CatalogueKeeper(store: store)
    }

    /// Brings the index up to date.
    mutating func refresh(_ catalogue: Catalogue, _ flag: CancellationFlag) throws(WarehouseError) {
        if !self.isFilled, let kept = self.keeper.load(catalogue.layout) { self.take(kept) }
        let reading = (try? self.reader.read(ChangeLog(catalogue.layout))) ?? .everything
        if case .names(let names) = reading, self.isFilled {
            for name in names { self.look(at: .published(name), isToldOf: !self.reader.open.contains(name), catalogue) }
            for place in self.unsettled { self.look(at: place, catalogue) }
            try self.readFolder(catalogue, flag)
            try self.readIndexFile(catalogue, flag)
            try self.lookOnward(atMost: Self.lookedAtEachTime, catalogue, flag)
        } else {
            try self.lookAtAll(catalogue, flag)
        }
        self.images.settleNames()
        self.keeper.save(self.heading(catalogue))
    }

    /// Looks at the next images, as if their manifests may have been written over.
    mutating func lookOnward(
        atMost limit: Int,
        _ catalogue: Catalogue,
        _ flag: CancellationFlag
    ) throws(WarehouseError) {
        for _ in 0..<min(limit, self.images.slotCount) {
            try flag.check()
            self.next = self.next + 1 < self.images.slotCount ? self.next + 1 : 0
            if let place = self.images.place(at: self.next) { self.look(at: place, catalogue) }
        }
    }

    /// Looks at what is new of these names, and forgets what is not among them.
    mutating func compare(
        _ names: [String],
        _ catalogue: Catalogue,
        _ flag: CancellationFlag
    ) throws(WarehouseError) {
        let listed = Set(names)
        for name in names where !self.images.holds(.published(name)) {
            try flag.check()
            self.look(at: .published(name), catalogue)
        }
        // Looked at, not removed: it may have come back since the names were read.
        for case .published(let name) in self.images.places where !listed.contains(name) {
            self.look(at: .published(name), catalogue)
        }
        self.images.settleNames()
    }

    /// Takes over what somebody else has just found at a place.
    mutating func note(_ listing: ImageListing, at place: ImagePlace, stamp: FileStamp?, _ catalogue: Catalogue) {
        guard self.isFilled, self.images.holds(place) else { return }
        let isUsable = listing.image != nil
        if isUsable, self.images.stamp(ofUsable: place) == stamp?.number { return }
        if !isUsable, self.images.stamp(ofUsable: place) == nil { return }
        self.set(listing, at: place, stamp: stamp, isSettled: false)
        self.images.settleNames()
    }

    /// The places that are new since this was asked last.
    mutating func takeNew() -> [ImagePlace] {
        defer { self.new = [] }
        return Array(self.new)
    }

    private mutating func lookAtAll(_ catalogue: Catalogue, _ flag: CancellationFlag) throws(WarehouseError) {
        self.folder = nil
        self.indexFile = nil
        for place in Array(self.images.places) {
            try flag.check()
            self.look(at: place, catalogue)
        }
        try self.listFolder(catalogue, flag)
        try self.readIndexFile(catalogue, flag)
        self.isFilled = true
    }

    private mutating func readFolder(_ catalogue: Catalogue, _ flag: CancellationFlag) throws(WarehouseError) {
        let stamp = FileStamp(at: catalogue.layout.images)
        guard stamp?.number != self.folder || stamp == nil else { return }
        guard self.images.count <= Self.listedAtOnce else { return }
        try self.listFolder(catalogue, flag)
    }

    private mutating func listFolder(_ catalogue: Catalogue, _ flag: CancellationFlag) throws(WarehouseError) {
        let stamp = FileStamp(at: catalogue.layout.images)
        try self.compare(try catalogue.publishedNames(), catalogue, flag)
        self.folder = Self.number(stamp, catalogue)
    }

    private mutating func readIndexFile(_ catalogue: Catalogue, _ flag: CancellationFlag) throws(WarehouseError) {
        let stamp = FileStamp(at: catalogue.layout.index)
        guard stamp?.number != self.indexFile else { return }
        let places = ((try? catalogue.indexLines()) ?? []).map { ImagePlace.named($0.text) }
        for place in self.images.setNamed(places) { self.keeper.remove(place) }
        for place in Set(places) where !self.images.holds(place) {
            try flag.check()
            self.look(at: place, catalogue)
        }
        self.indexFile = Self.number(stamp, catalogue)
    }

    /// Looks at a place, and reads what is there if it is not what is known. If the log `isToldOf` the change, and says that
    /// it is over, the state needs no time to settle.
    private mutating func look(at place: ImagePlace, isToldOf: Bool = false, _ catalogue: Catalogue) {
        let stamp = catalogue.stamp(of: place)
        if !self.unsettled.contains(place), !isToldOf, let stamp,
            self.images.stamp(ofUsable: place) == stamp.number
        {
            return
        }
        if stamp == nil, case .published(let name) = place, !catalogue.isPublished(name) {
            self.images.remove(place)
            self.keeper.remove(place)
            self.unsettled.remove(place)
            return
        }
        let isSettled = isToldOf || stamp?.isOlder(than: catalogue.settlingTime) == true
        self.set(catalogue.found(at: place), at: place, stamp: stamp, isSettled: isSettled)
    }

    private mutating func set(_ listing: ImageListing, at place: ImagePlace, stamp: FileStamp?, isSettled: Bool) {
        let entry = CatalogueEntry(listing, at: place, stamp: stamp?.number)
        // What cannot be used is looked at when its turn comes, whatever its date: the fault may be in other files.
        if isSettled || listing.image == nil { self.unsettled.remove(place) } else { self.unsettled.insert(place) }
        self.images.set(entry)
        self.keeper.set(entry)
        self.new.insert(place)
    }

    private mutating func take(_ kept: CatalogueKeeper.Kept) {
        for entry in kept.entries {
            self.images.set(entry)
            self.new.insert(entry.place)
        }
        _ = self.images.setNamed(kept.heading.named)
        self.reader = kept.heading.reader
        self.folder = kept.heading.folder
        self.indexFile = kept.heading.indexFile
        self.isFilled = true
    }

    private func heading(_ catalogue: Catalogue) -> CatalogueHeading {
        CatalogueHeading(
            warehouse: catalogue.layout.directory.description,
            reader: self.reader,
            folder: self.folder,
            indexFile: self.indexFile,
            named: self.images.namedPlaces
        )
    }

    /// The number of a date, if a change from now on would change it.
    private static func number(_ stamp: FileStamp?, _ catalogue: Catalogue) -> UInt64? {
        guard let stamp, stamp.isOlder(than: catalogue.settlingTime) else { return nil }
        return stamp.number
    }
}
