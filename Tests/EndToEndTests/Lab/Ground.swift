import FoundationEssentials
import Glibc

/// Where the sources and the programs under test are, and whether a lab can be raised here at all.
enum Ground {
    /// The root of the source tree.
    static let root = folder(resolved(#filePath), up: 4)

    /// The folder of `vmshop`, `vmshop-server` and `vmplant-server`: `VMSHOP_BINARIES`, else where this test program is.
    static let binaries: String = {
        if let named = ProcessInfo.processInfo.environment["VMSHOP_BINARIES"] { return named }
        let own = folder(resolved("/proc/self/exe"), up: 1)
        return hasPrograms(own) ? own : root + "/.build/debug"
    }()

    /// A request document of `samples/dags`.
    static func sample(_ name: String) -> String { "\(root)/samples/dags/\(name)" }

    /// A request document of these tests.
    static func document(_ name: String) -> String { "\(root)/Tests/EndToEndTests/Documents/\(name)" }

    /// The text of a file.
    static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    /// Fails, in words that say what to do, where the lab cannot be. These tests are never skipped.
    static func check() throws {
        guard geteuid() == 0 else {
            throw Program.Failure(description: "the end-to-end tests make namespaces and need root: run them with sudo")
        }
        guard hasPrograms(binaries) else {
            throw Program.Failure(
                description:
                    "no vmshop, vmshop-server and vmplant-server in \(binaries): build them, or set VMSHOP_BINARIES"
            )
        }
    }

    private static func hasPrograms(_ folder: String) -> Bool {
        ["vmshop", "vmshop-server", "vmplant-server"].allSatisfy { access("\(folder)/\($0)", X_OK) == 0 }
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func folder(_ path: String, up levels: Int) -> String {
        "/" + path.split(separator: "/").dropLast(levels).joined(separator: "/")
    }
}

/// Says on standard error how far the tests are.
func report(_ text: String) {
    let line = Array("e2e: \(text)\n".utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
