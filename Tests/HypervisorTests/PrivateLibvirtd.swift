import Dispatch
import FoundationEssentials
import Glibc

/// A libvirtd in namespaces of its own, raised by `Fixtures/private-libvirtd.sh`. Needs root.
///
/// All that it starts is in one process namespace, which ends when its input is closed: also when the test is killed.
final class PrivateLibvirtd: Sendable {
    /// Where socket, disks and consoles lie; goes away at the end.
    let directory: String

    private let queue: DispatchQueue
    private let process: pid_t
    private let input: Int32
    private let output: Int32

    /// What the fixture could not do.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    var uri: String { "qemu:///system?socket=\(directory)/libvirt-sock" }

    /// The newest of Debian's cloud kernels that are installed.
    static func kernel() throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: "/boot").sorted()
        guard let name = names.last(where: { $0.hasPrefix("vmlinuz-") && $0.hasSuffix("-cloud-amd64") }) else {
            throw Failure(description: "no /boot/vmlinuz-*-cloud-amd64: install linux-image-cloud-amd64")
        }
        return "/boot/\(name)"
    }

    /// Raises one, runs the test with it, and takes it down whatever happens.
    static func with(started: Bool = true, _ test: (PrivateLibvirtd) async throws -> Void) async throws {
        let daemon = try PrivateLibvirtd()
        let result: Result<Void, any Error>
        do {
            try await daemon.greet()
            if started { try await daemon.send("start-daemon") }
            result = .success(try await test(daemon))
        } catch {
            result = .failure(error)
        }
        await daemon.end()
        try result.get()
    }

    private init() throws {
        guard geteuid() == 0 else {
            throw Failure(description: "these tests need root: they raise a libvirtd in namespaces of its own")
        }
        for tool in ["/usr/bin/unshare", "/usr/sbin/libvirtd", "/usr/bin/qemu-system-x86_64", "/usr/bin/cpio"] {
            guard access(tool, X_OK) == 0 else { throw Failure(description: "\(tool) is not installed") }
        }
        var template = Array("/tmp/hv-\(getpid())-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(description: "cannot make a directory in /tmp") }
        directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        queue = DispatchQueue(label: directory)
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/private-libvirtd.sh").path
        let arguments = ["unshare", "--pid", "--mount", "--net", "--fork", "--kill-child", script, directory]
        (process, input, output) = try Self.spawn("/usr/bin/unshare", arguments)
    }

    private static func spawn(_ path: String, _ arguments: [String]) throws -> (pid_t, Int32, Int32) {
        var toChild: [Int32] = [0, 0]
        var fromChild: [Int32] = [0, 0]
        guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else { throw Failure(description: "cannot make pipes") }
        for descriptor in toChild + fromChild { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
        posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
        var vector = arguments.map { strdup($0) } + [nil]
        defer { for text in vector { free(text) } }
        var process: pid_t = 0
        let status = posix_spawn(&process, path, &actions, nil, &vector, environ)
        close(toChild[0])
        close(fromChild[1])
        guard status == 0 else { throw Failure(description: "cannot start \(path): error \(status)") }
        return (process, toChild[1], fromChild[0])
    }

    /// Has the script do something.
    ///
    /// - Returns: What it says besides `ok`.
    @discardableResult
    func send(_ command: String) async throws -> String {
        try await onQueue {
            let line = Array((command + "\n").utf8)
            guard write(self.input, line, line.count) == line.count else {
                throw Failure(description: "the private libvirtd's script has ended")
            }
            return try self.answer(to: command)
        }
    }

    private func greet() async throws {
        try await onQueue { _ = try self.answer(to: "the start") }
    }

    /// Ends all processes, and removes the directory.
    private func end() async {
        try? await onQueue {
            close(self.input)
            close(self.output)
            var status: Int32 = 0
            while waitpid(self.process, &status, 0) == -1 && errno == EINTR {}
        }
        try? FileManager.default.removeItem(atPath: directory)
    }

    private func answer(to command: String) throws -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(output, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
        let text = String(decoding: line, as: UTF8.self)
        guard text == "ok" || text.hasPrefix("ok ") else { throw Failure(description: "\(command): \(text)") }
        return String(text.dropFirst(3))
    }

    private func onQueue<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }
}
