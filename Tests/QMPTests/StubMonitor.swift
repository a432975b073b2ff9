import CLaunch
import Dispatch
import Glibc

/// Stands in for QEMU's monitor: one connection, of which a test says what happens on it.
final class StubMonitor: Sendable {
    let directory: Int32
    private let listener: Int32
    private let path: String

    struct Failure: Error {}

    /// What a connection can do.
    struct Connection: Sendable {
        let socket: Int32

        func say(_ text: String) {
            var bytes = Array(text.utf8)[...]
            while !bytes.isEmpty {
                let count = bytes.withUnsafeBytes { Glibc.write(socket, $0.baseAddress, $0.count) }
                guard count > 0 else { return }
                bytes = bytes.dropFirst(count)
            }
        }

        func greet() { say(#"{"QMP": {"version": {}, "capabilities": ["oob"]}}"# + "\r\n") }

        /// The next line, empty at the end.
        func hear() -> String {
            var line: [UInt8] = []
            var byte: UInt8 = 0
            while Glibc.read(socket, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
            return String(decoding: line, as: UTF8.self)
        }

        /// Greets, and agrees to the capabilities.
        func shakeHands() {
            greet()
            _ = hear()
            say(#"{"return": {}, "id": 1}"# + "\r\n")
        }
    }

    init(_ behave: @escaping @Sendable (Connection) -> Void) throws {
        var template = Array("/tmp/qmp-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure() }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        let listener = vmshop_unix_socket(directory, "monitor", 1)
        guard listener >= 0 else { throw Failure() }
        self.listener = listener
        _ = fcntl(listener, F_SETFL, 0)
        DispatchQueue(label: "stub monitor").async {
            // A program that another test starts meanwhile must not keep the connection open.
            let socket = accept(listener, nil, nil)
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
            guard socket >= 0 else { return }
            behave(Connection(socket: socket))
            Glibc.close(socket)
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        close(directory)
        unlink(path + "/monitor")
        rmdir(path)
    }
}
