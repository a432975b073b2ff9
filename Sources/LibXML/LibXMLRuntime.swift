import CLibXML2
import Glibc

/// libxml2's process-wide state, which libvirt shares: it parses with the same library and does not set it up.
public enum LibXMLRuntime {
    /// Sets the state up on first use; every entry point of this room, and of whoever else links libxml2, touches it
    /// first.
    ///
    /// libxml2 sets itself up lazily, but two threads that do so at once deadlock (seen with 2.9.14), and its table of
    /// schema types has no lock at all.
    public static let ready: Void = {
        xmlInitParser()
        xmlSchemaInitTypes()
        _ = SealedThread.ready
    }()
}

/// Keeps libxml2 from opening anything while this room's code runs on a thread.
///
/// The loader of external entities is one for the process, and libvirt reads files of its own through it: so it may not
/// simply be switched off. Ours refuses on threads that hold a seal and leaves all others alone.
enum SealedThread {
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    private static let standardLoader: xmlExternalEntityLoader? = xmlGetExternalEntityLoader()

    /// Installs the loader, once.
    static let ready: Void = {
        _ = key
        _ = standardLoader
        xmlSetExternalEntityLoader { url, id, context in
            guard pthread_getspecific(SealedThread.key) == nil else { return nil }
            return SealedThread.standardLoader?(url, id, context)
        }
    }()

    /// Runs synchronous work with the calling thread sealed.
    static func run<Result, Failure: Error>(_ work: () throws(Failure) -> Result) throws(Failure) -> Result {
        LibXMLRuntime.ready
        let outer = pthread_getspecific(Self.key)
        pthread_setspecific(Self.key, UnsafeRawPointer(bitPattern: 1))
        defer { pthread_setspecific(Self.key, outer) }
        return try work()
    }
}
