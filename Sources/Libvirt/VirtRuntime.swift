import CLibvirt
import Glibc
import LibXML

/// libvirt's process-wide state.
enum VirtRuntime {
    /// Sets the state up on first use; whatever opens a connection touches this first.
    ///
    /// libvirt parses with libxml2 and does not set it up: two threads that meet in libxml2's lazy set-up deadlock, so
    /// it is made ready first. The event loop must be registered before the first connection is opened.
    static let ready: Bool = {
        LibXMLRuntime.ready
        // libvirt writes to the socket of a daemon that has just been killed: that is to be an error, not our end.
        signal(SIGPIPE, SIG_IGN)
        guard virInitialize() == 0 else { return false }
        virSetErrorFunc(nil, { _, _ in })  // the default handler writes to stderr
        guard virEventRegisterDefaultImpl() == 0 else { return false }
        return startEventLoop()
    }()

    /// Starts the loop's thread: one for the process, never stopped.
    private static func startEventLoop() -> Bool {
        var thread = pthread_t()
        let started = pthread_create(
            &thread,
            nil,
            { _ in
                // One failing round must not end the loop: keep-alive and events of all connections hang on it.
                while true {
                    if virEventRunDefaultImpl() < 0 { usleep(100_000) }
                }
            },
            nil
        )
        guard started == 0 else { return false }
        pthread_detach(thread)
        return true
    }
}
