import FoundationEssentials

extension Warehouse {
    /// The images that were saved while they ran and can be used, the one that was cloned last first.
    ///
    /// - Throws: ``WarehouseError`` when the warehouse itself cannot be read.
    public func savedImages() async throws(WarehouseError) -> [WarehouseImage] {
        let catalogue = self.catalogue
        return try await BlockingWork.run { flag throws(WarehouseError) in
            let places = try catalogue.withIndex(flag) { $0.savedPlaces }
            let images = places.compactMap { catalogue.current($0).image }
            let uses = images.map { (try? PlainPath($0.diskPath).parent).flatMap { UseMark(folder: $0).date } }
            let order = images.indices.sorted { (uses[$0] ?? .distantPast) > (uses[$1] ?? .distantPast) }
            return order.map { images[$0] }
        }
    }
}
