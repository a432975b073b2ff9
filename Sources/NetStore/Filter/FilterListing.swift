import FoundationEssentials

/// Reads what libnftables prints of the set `paths` as JSON.
enum FilterListing {
    static func parse(_ json: String) throws(NetStoreError) -> [FilteredGuest] {
        let listing: Listing
        do {
            listing = try JSONDecoder().decode(Listing.self, from: Data(json.utf8))
        } catch {
            throw NetStoreError(.failed, "guest filter: the listing cannot be read: \(error)")
        }
        var guests: [FilteredGuest] = []
        for element in listing.nftables.compactMap(\.set).flatMap({ $0.elem ?? [] }) {
            let parts = element.concat
            guard parts.count == 4 else { throw NetStoreError(.failed, "guest filter: \(parts) is not an element") }
            guests.append(try FilteredGuest(tap: parts[0], mac: parts[1], address: parts[2], gateway: parts[3]))
        }
        return guests.sorted { $0.tap < $1.tap }
    }

    private struct Listing: Decodable { var nftables: [Item] }
    private struct Item: Decodable { var set: ListedSet? }
    private struct ListedSet: Decodable { var elem: [Element]? }
    private struct Element: Decodable { var concat: [String] }
}
