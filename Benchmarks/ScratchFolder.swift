import FoundationEssentials
import Glibc

/// A folder for the files of a benchmark, on a disk: beside what was built, not in memory.
struct ScratchFolder {
    let path: String

    init() throws {
        let parent = FileManager.default.currentDirectoryPath + "/.build"
        path = parent + "/bench-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// The path of something in it.
    func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// Removes it and all that is in it.
    func remove() { try? FileManager.default.removeItem(atPath: path) }
}

/// Why a benchmark cannot be carried out.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
