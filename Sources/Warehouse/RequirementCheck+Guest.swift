extension RequirementCheck {
    /// The runner is there, and something starts it.
    func runner() async throws(FileTreeError) -> RequirementReport.State {
        let folders = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"]
        var place: String?
        for folder in folders where place == nil {
            let entry = try await self.tree.entries(of: folder)?.first { $0.name == runnerProgram }
            if let entry, entry.kind == .link || entry.isExecutable { place = folder }
        }
        let unit = "guest/cloud-init/vmshop-guest.service"
        guard let place else {
            return .missing(
                "there is no executable vmshop-guest in \(folders.joined(separator: ", "))",
                remedy: "copy guest/vmshop-guest to /usr/local/sbin and start it at boot as \(unit) does"
                    + " (or, with cloud-init in the image, publish it with --guest cloud-init)"
            )
        }
        guard try await RunnerStart(tree: self.tree).isFound() else {
            return .missing(
                "\(place)/vmshop-guest is there, but nothing starts it at boot",
                remedy: "enable a service as \(unit) does, or start it from /etc/inittab or /etc/rc.local"
            )
        }
        return .met
    }

    /// cloud-init is there, reads seed disks, and finds the systemd that the seed disk's orders are for.
    func cloudInit() async throws(FileTreeError) -> RequirementReport.State {
        guard try await self.hasProgram("cloud-init") else {
            return .missing("cloud-init is not installed", remedy: "install the package cloud-init")
        }
        if try await self.tree.holds("/etc/cloud/cloud-init.disabled") {
            return .missing("/etc/cloud/cloud-init.disabled turns it off", remedy: "delete that file")
        }
        if let sources = try await self.dataSources(), !sources.contains("NoCloud") {
            return .missing(
                "its datasource_list leaves out NoCloud",
                remedy: "add NoCloud to datasource_list in /etc/cloud/cloud.cfg.d"
            )
        }
        guard try await self.hasProgram("systemctl") else {
            return .missing(
                "there is no systemd, which the seed disk starts the runner with",
                remedy: "install the runner in the image and publish it with --guest runner"
            )
        }
        return .met
    }

    private func hasProgram(_ name: String) async throws(FileTreeError) -> Bool {
        for folder in ["/usr/bin", "/bin", "/usr/local/bin"] where try await self.tree.holds(folder + "/" + name) {
            return true
        }
        return false
    }

    /// The line `datasource_list` that counts, which is the last one; nothing when none says it.
    private func dataSources() async throws(FileTreeError) -> String? {
        let folder = "/etc/cloud/cloud.cfg.d"
        let names = try await self.tree.names(in: folder).filter { $0.hasSuffix(".cfg") }
        var found: String?
        for file in ["/etc/cloud/cloud.cfg"] + names.map({ folder + "/" + $0 }) {
            let lines = (try await self.tree.text(of: file) ?? "").split(separator: "\n")
            guard let place = lines.lastIndex(where: { $0.hasPrefix("datasource_list:") }) else { continue }
            // A list within brackets may go on, and a list of dashes begins, on the lines after it.
            let more = lines[(place + 1)...].prefix { line in " -]".contains(line.first ?? "#") }
            found = ([lines[place]] + more).joined(separator: " ")
        }
        return found
    }
}

/// Looks for what starts the runner when a guest boots: systemd, an inittab, or scripts of System V and OpenRC.
struct RunnerStart<Tree: FileTree> {
    let tree: Tree

    /// How many files are read at most.
    private var mostFiles: Int { 400 }

    func isFound() async throws(FileTreeError) -> Bool {
        var paths = try await self.ofInittab() + ["/etc/rc.local", "/etc/rc.d/rc.local"]
        for folder in ["/etc/rcS.d", "/etc/rc2.d", "/etc/rc3.d", "/etc/rc5.d"] {
            paths += try await self.tree.names(in: folder).filter { $0.hasPrefix("S") }.map { folder + "/" + $0 }
        }
        paths += try await self.tree.names(in: "/etc/runlevels/default").map { "/etc/runlevels/default/" + $0 }
        paths += try await self.ofSystemd()
        for path in paths.prefix(self.mostFiles)
        where try await self.tree.text(of: path)?.contains(runnerProgram) == true {
            return true
        }
        return false
    }

    /// The inittab, and the scripts that it names.
    private func ofInittab() async throws(FileTreeError) -> [String] {
        let path = "/etc/inittab"
        guard let text = try await self.tree.text(of: path) else { return [] }
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        return [path] + lines.flatMap { $0.split { ": \t".contains($0) } }.filter { $0.hasPrefix("/") }.map(String.init)
    }

    /// The units that targets want.
    private func ofSystemd() async throws(FileTreeError) -> [String] {
        var paths: [String] = []
        for folder in ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"] {
            let wants = try await self.tree.names(in: folder).filter { $0.hasSuffix(".target.wants") }
            for want in wants {
                let inside = folder + "/" + want
                paths += try await self.tree.names(in: inside).filter { $0.hasSuffix(".service") }.map {
                    inside + "/" + $0
                }
            }
        }
        return paths
    }

}

/// The runner's name.
private let runnerProgram = "vmshop-guest"
