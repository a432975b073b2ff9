/// A published image that stands on a version of another.
public struct ImageDependent: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// The versions beneath its disk, the nearest first.
    public let standsOn: [ImageReference]
}

extension Warehouse {
    /// The images whose disks stand on a disk of an image, whatever version of either.
    ///
    /// - Parameter name: the name of the image beneath.
    /// - Returns: the images above, by name.
    /// - Throws: ``WarehouseError`` when the warehouse cannot be read.
    public func dependents(of name: String) async throws(WarehouseError) -> [ImageDependent] {
        let catalogue = self.catalogue
        return try await BlockingWork.run { flag throws(WarehouseError) in
            try catalogue.dependents(of: name, flag)
        }
    }
}

extension Catalogue {
    /// The images that stand on one of this name; those that are damaged too, as long as their manifests can be read.
    func dependents(of name: String, _ flag: CancellationFlag) throws(WarehouseError) -> [ImageDependent] {
        var found: [ImageDependent] = []
        for version in try self.versions(flag) where version.manifest.name != name {
            let beneath = version.standsOn
            guard beneath.contains(where: { $0.name == name }) else { continue }
            found.append(ImageDependent(name: version.manifest.name, standsOn: beneath))
        }
        return found.sorted { $0.name < $1.name }
    }
}
