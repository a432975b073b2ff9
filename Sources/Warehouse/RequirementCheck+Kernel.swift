extension RequirementCheck {
    /// Some kernel of the disk has all these modules, as files or built in.
    func modules(_ names: [String], _ remedy: String) async throws(FileTreeError) -> RequirementReport.State {
        let folder = "/lib/modules"
        let releases = try await self.tree.names(in: folder)
        guard !releases.isEmpty else {
            return .notChecked("the disk has no \(folder); what the kernel has built in is not known")
        }
        var lacking = names
        for release in releases {
            let dependencies = try await self.tree.text(of: "\(folder)/\(release)/modules.dep") ?? ""
            let builtin = try await self.tree.text(of: "\(folder)/\(release)/modules.builtin") ?? ""
            let there = Self.modules(dependencies).union(Self.modules(builtin))
            let missing = names.filter { !there.contains($0) }
            if missing.isEmpty { return .met }
            if missing.count < lacking.count { lacking = missing }
        }
        let kernels = releases.joined(separator: ", ")
        return .missing("no kernel of the disk (\(kernels)) has \(lacking.joined(separator: ", "))", remedy: remedy)
    }

    /// The names of the modules that lines `kernel/fs/nfs/nfsv4.ko.xz: …` begin with.
    private static func modules(_ text: String) -> Set<String> {
        Set(
            text.split(separator: "\n").compactMap { line in
                let file = line.prefix { $0 != ":" }.split(separator: "/").last
                return file.flatMap { $0.split(separator: ".").first }.map { String($0).replacing("-", with: "_") }
            }
        )
    }

    /// The kernel is told to write to the serial line.
    func serialConsole() async throws(FileTreeError) -> RequirementReport.State {
        let console = self.draft.hardware.architecture == "aarch64" ? "console=ttyAMA0" : "console=ttyS0"
        if let boot = self.draft.boot {
            if boot.commandLine.contains(console) { return .met }
            return .missing("the kernel's command line lacks \(console)", remedy: "add it to --command-line")
        }
        let configurations = try await self.bootConfigurations()
        guard !configurations.isEmpty else {
            return .notChecked("no configuration of a boot loader was found on a file system that can be read")
        }
        let isSaid = configurations.contains { text in
            text.split(separator: "\n").contains { line in
                !line.drop { $0.isWhitespace }.hasPrefix("#") && line.contains(console)
            }
        }
        guard !isSaid else { return .met }
        return .missing(
            "the boot loader gives the kernel no \(console)",
            remedy: "add it to GRUB_CMDLINE_LINUX in /etc/default/grub and run update-grub"
        )
    }

    /// What boot loaders read: of GRUB, extlinux and the boot loader specification.
    private func bootConfigurations() async throws(FileTreeError) -> [String] {
        var texts: [String] = []
        for (tree, prefix) in [(self.tree, "/boot")] + self.boots.map({ ($0, "") }) + self.boots.map({ ($0, "/boot") })
        {
            let files = ["grub/grub.cfg", "grub2/grub.cfg", "grub2/grubenv", "extlinux/extlinux.conf", "extlinux.conf"]
            let entries = prefix + "/loader/entries"
            let paths =
                files.map { prefix + "/" + $0 }
                + (try await tree.names(in: entries).prefix(50).map { entries + "/" + $0 })
            for path in paths {
                if let text = try await tree.text(of: path) { texts.append(text) }
            }
        }
        return texts
    }
}
