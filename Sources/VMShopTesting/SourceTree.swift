import FoundationEssentials

/// Files of this package that tests use, and programs that were built with them.
public enum SourceTree {
    /// The absolute path of a file of the package.
    public static func path(_ name: String) -> String { root + "/" + name }

    /// The absolute path of a program of the package, which the build puts beside the tests.
    public static func program(_ name: String) throws -> String {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return tests.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/" + name
    }

    private static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
}
