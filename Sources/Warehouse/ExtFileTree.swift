/// The files of an ext2, ext3 or ext4 file system, read by `debugfs`, which mounts nothing.
struct ExtFileTree: FileTree {
    /// What a word of a path may be made of: `debugfs` reads its commands as a shell does.
    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-@:~[\\/")
    private static let mostEntries = 20_000
    private static let mostLinks = 8

    let disk: OpenFile
    let offset: Int

    func entries(of folder: String) async throws(FileTreeError) -> [FileTreeEntry]? {
        // The dot has a link at the end of the path followed.
        guard let text = try await self.debugfs("ls -p", folder + "/.") else { return nil }
        return text.split(separator: "\n").prefix(Self.mostEntries).compactMap(Self.entry)
    }

    func text(of path: String) async throws(FileTreeError) -> String? {
        guard let file = try await self.followed(path) else { return nil }
        return try await self.debugfs("cat", file)
    }

    /// The path of the file that a path leads to, over links at its end.
    private func followed(_ path: String) async throws(FileTreeError) -> String? {
        var path = path
        for _ in 0...Self.mostLinks {
            guard let status = try await self.debugfs("stat", path) else { return nil }
            if status.contains("Type: regular ") { return path }
            guard status.contains("Type: symlink "),
                let line = status.split(separator: "\n").last(where: { $0.hasPrefix("Fast link dest: \"") })
            else { return nil }
            let target = String(line.dropFirst("Fast link dest: \"".count).dropLast())
            let folder = path.split(separator: "/").dropLast().joined(separator: "/")
            path = target.hasPrefix("/") ? target : "/\(folder)/\(target)"
        }
        return nil
    }

    /// A line `/inode/mode/uid/gid/name/size/`.
    private static func entry(_ line: Substring) -> FileTreeEntry? {
        let fields = line.split(separator: "/", omittingEmptySubsequences: false)
        guard fields.count == 8, let mode = UInt32(fields[2], radix: 8) else { return nil }
        let name = String(fields[5])
        guard name != ".", name != "..", !name.isEmpty, name.allSatisfy(Self.plain.contains) else { return nil }
        let kind: FileTreeEntry.Kind =
            switch mode & 0o170000 {
            case 0o100000: .file
            case 0o040000: .folder
            case 0o120000: .link
            default: .other
            }
        return FileTreeEntry(name: name, kind: kind, isExecutable: mode & 0o111 != 0)
    }

    private func debugfs(_ command: String, _ path: String) async throws(FileTreeError) -> String? {
        guard path.utf8.count < 1024, path.allSatisfy(Self.plain.contains) else { return nil }
        // An empty word counts as a name, which is never there.
        let path = "/" + path.split(separator: "/").joined(separator: "/")
        let limits = ConfinedProgram.Limits(seconds: 20, memory: 1 << 30, fileSize: 0)
        let program = ConfinedProgram(name: "debugfs", package: "e2fsprogs", limits: limits, dropsRights: true)
        // -c opens read-only, and reads no bitmaps.
        let arguments = ["-c", "-R", "\(command) \"\(path)\"", "/dev/fd/0?offset=\(self.offset)"]
        let (output, complaints) = try await program.run(arguments, input: self.disk)
        let complaint = complaints.split(separator: "\n").first { !$0.hasPrefix("debugfs 1.") }
        guard let complaint else { return output }
        // "ext2_lookup" with a name that is not there; the others are of a path through what is no folder.
        if complaint.contains("File not found by ext2_lookup") || complaint.contains("is not a directory") {
            return nil
        }
        throw FileTreeError(reason: "debugfs says: \(complaint)")
    }
}
