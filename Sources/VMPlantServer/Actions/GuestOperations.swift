import DAGModel
import ShopAPI

/// The scripts of the named guest operations, as they stand in `guest/operations`.
enum GuestOperations {
    /// The script that carries an operation out in a guest.
    ///
    /// - Throws: ``ServiceError`` for a name that is no guest operation's.
    static func script(of operation: Operation) throws -> [UInt8] {
        switch operation {
        case .script(let text): return Array(text.utf8)
        case .named(let name):
            guard let script = scripts[name] else {
                throw ServiceError(.actionFailed, "this plant knows no guest operation `\(name)`")
            }
            return script
        }
    }

    private static let scripts: [String: [UInt8]] = [
        "file": PackageResources.file, "hostname": PackageResources.hostname, "mount": PackageResources.mount,
        "package": PackageResources.package, "service": PackageResources.service, "user": PackageResources.user,
    ]
}
