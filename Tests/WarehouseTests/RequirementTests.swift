import DAGModel
import Testing

@testable import Warehouse

/// What the disk of an image must have.
@Suite
struct RequirementTests {
    @Test
    func `a guest with all that machines need lacks nothing`() async throws {
        for guest in [GuestKind.runner, .cloudInit] {
            let report = await Self.report(guest, PaperTree.whole)
            #expect(report.findings.allSatisfy { $0.state == .met }, "\(report)")
            #expect(report.findings.count == 4)
        }
    }

    @Test(
        arguments: [
            ("/usr/sbin/vmshop-guest", GuestKind.runner, "no executable vmshop-guest"),
            ("/etc/inittab", .runner, "nothing starts it at boot"),
            ("/usr/bin/cloud-init", .cloudInit, "cloud-init is not installed"),
            ("/usr/bin/systemctl", .cloudInit, "no systemd"),
            ("/lib/modules/6.1.0/modules.dep", .runner, "no kernel of the disk (6.1.0) has nfsv4"),
            ("/lib/modules/6.1.0/modules.builtin", .runner, "has virtio_blk"),
        ]
    )
    func `what is missing is named`(path: String, guest: GuestKind, complaint: String) async throws {
        var files = PaperTree.whole
        // The module folder itself stays: a kernel without any modules is another case.
        files[path] = path.hasPrefix("/lib/modules") ? "kernel/other.ko:" : nil
        let report = await Self.report(guest, files)
        #expect(report.missing.contains { $0.contains(complaint) }, "\(report.missing)")
        #expect(report.missing.count <= 2)
    }

    @Test
    func `a runner counts as started when systemd, System V or OpenRC starts it`() async throws {
        for path in [
            "/etc/systemd/system/multi-user.target.wants/any.service", "/etc/rc2.d/S01any",
            "/etc/runlevels/default/any",
            "/etc/rc.local",
        ] {
            var files = PaperTree.whole
            files["/etc/inittab"] = nil
            #expect(await Self.report(.runner, files).missing.count == 1)
            files[path] = "ExecStart=/usr/sbin/vmshop-guest"
            #expect(await Self.report(.runner, files).missing.isEmpty, "\(path)")
        }
    }

    @Test(
        arguments: [
            ("datasource_list: [ Ec2 ]", false), ("datasource_list: [ Ec2, NoCloud ]", true),
            ("datasource_list:\n  - Ec2\n  - NoCloud\nother: x", true), ("datasource_list:\n- Ec2\nNoCloud: x", false),
            ("# datasource_list: [ Ec2 ]", true),
        ]
    )
    func `the list of data sources that counts is the last one`(list: String, isFine: Bool) async throws {
        var files = PaperTree.whole
        files["/etc/cloud/cloud.cfg"] = "datasource_list: [ NoCloud ]\n"
        files["/etc/cloud/cloud.cfg.d/90.cfg"] = list
        #expect(await Self.report(.cloudInit, files).missing.isEmpty == isFine)
    }

    @Test
    func `cloud-init that is turned off is missing`() async throws {
        var files = PaperTree.whole
        files["/etc/cloud/cloud-init.disabled"] = ""
        #expect(await Self.report(.cloudInit, files).missing.first?.contains("turns it off") == true)
    }

    @Test
    func `a boot loader that nobody can read is said, one without the console is refused`() async throws {
        var files = PaperTree.whole
        files["/boot/grub/grub.cfg"] = nil
        #expect(await Self.report(.runner, files).notChecked.first?.hasPrefix("not checked: a serial console") == true)
        files["/boot/grub/grub.cfg"] = "# console=ttyS0\nlinux /vmlinuz quiet"
        #expect(await Self.report(.runner, files).missing.first?.hasPrefix("a serial console") == true)
        let boot = ImageDraft.Boot(kernel: "/k", commandLine: "console=ttyS0,115200")
        #expect(await Self.report(.runner, files, boot: boot).missing.isEmpty)
    }

    @Test
    func `a boot loader on a file system of its own is found`() async throws {
        var files = PaperTree.whole
        files["/boot/grub/grub.cfg"] = nil
        let boot = PaperTree(files: ["/grub/grub.cfg": "linux /vmlinuz console=ttyS0"])
        let report = await RequirementCheck(draft: Self.draft(.runner), tree: PaperTree(files: files), boots: [boot])
            .report()
        #expect(report.missing.isEmpty && report.notChecked.isEmpty)
    }

    @Test
    func `modules that cannot be read are said in one line with their reason`() async throws {
        var files = PaperTree.whole
        files = files.filter { !$0.key.hasPrefix("/lib/modules") }
        let report = await Self.report(.runner, files)
        #expect(report.missing.isEmpty)
        #expect(report.notChecked.count == 1)
        #expect(report.notChecked.first?.hasPrefix("not checked: an NFS client, virtio drivers: ") == true)
    }

    @Test
    func `a saved memory with a network card is refused`() async throws {
        let folder = try TemporaryFolder()
        for (devices, isFine) in [("<disk/>", true), ("<interface type='network'/>", false)] {
            var draft = Self.draft(.runner)
            let head = Array("LibvirtQemudSave".utf8) + [UInt8](repeating: 0, count: 76)
            let state = try folder.write(head + Array("<domain>\(devices)</domain>\0<interface".utf8), to: "state")
            draft.memory = ImageDraft.Memory(
                kind: .restore,
                memory: ByteCount(bytes: 1 << 20),
                cpus: 1,
                host: .init(machine: "pc", processor: "qemu64", accelerator: "tcg", hypervisor: "7.2"),
                state: state
            )
            let report = await RequirementCheck(draft: draft, tree: PaperTree(files: PaperTree.whole), boots: [])
                .report()
            #expect(report.missing.isEmpty == isFine, "\(report)")
        }
    }

    private static func draft(_ guest: GuestKind) -> ImageDraft {
        ImageDraft(
            name: "x",
            disk: "/x",
            format: .raw,
            hardware: ImageHardware(minimumMemory: nil, architecture: "x86_64"),
            guest: guest
        )
    }

    private static func report(
        _ guest: GuestKind,
        _ files: [String: String],
        boot: ImageDraft.Boot? = nil
    ) async -> RequirementReport {
        var draft = Self.draft(guest)
        draft.boot = boot
        return await RequirementCheck(draft: draft, tree: PaperTree(files: files), boots: []).report()
    }
}

/// The files of a guest that is on paper only.
struct PaperTree: FileTree {
    static let whole = [
        "/usr/sbin/vmshop-guest": "#!/bin/sh",
        "/etc/inittab": "# vmshop\n::once:/etc/vmshop/serve",
        "/etc/vmshop/serve": "/usr/sbin/vmshop-guest",
        "/usr/bin/cloud-init": "", "/usr/bin/systemctl": "",
        "/etc/cloud/cloud.cfg": "users: []",
        "/lib/modules/6.1.0/modules.dep": "kernel/fs/nfs/nfsv4.ko.xz: kernel/fs/nfs/nfs.ko\nkernel/x/virtio_net.ko:",
        "/lib/modules/6.1.0/modules.builtin": "kernel/drivers/block/virtio_blk.ko",
        "/boot/grub/grub.cfg": "  linux /vmlinuz console=ttyS0,115200",
    ]

    let files: [String: String]

    func entries(of folder: String) async throws(FileTreeError) -> [FileTreeEntry]? {
        let inside = self.files.keys.filter { $0.hasPrefix(folder + "/") }.map { $0.dropFirst(folder.count + 1) }
        guard !inside.isEmpty else { return nil }
        return Set(inside.map { $0.prefix { $0 != "/" } }).map { name in
            let isFile = self.files[folder + "/" + name] != nil
            return FileTreeEntry(name: String(name), kind: isFile ? .file : .folder, isExecutable: isFile)
        }
    }

    func text(of path: String) async throws(FileTreeError) -> String? { self.files[path] }
}
