import CLibvirt

extension VirtConnection {
    /// Writes a running domain's memory and the state of its devices to a file, and ends the domain.
    ///
    /// - Parameters:
    ///   - name: The domain's name.
    ///   - path: Absolute path of the file; libvirt's daemon makes it, or writes over it.
    ///   - deadline: How long it may take.
    /// - Throws: ``VirtError``, `.operationInvalid` when it does not run.
    public func saveDomain(_ name: String, to path: String, deadline: Duration? = nil) async throws(VirtError) {
        try await onDomain(name, "virDomainSaveFlags", deadline) { virDomainSaveFlags($0, path, nil, 0) }
    }

    /// Starts the domain that a saved file describes from its state, and leaves it standing still.
    ///
    /// - Parameters:
    ///   - path: Absolute path of the file, which is read once, from its beginning to the end of the state.
    ///   - deadline: How long it may take.
    /// - Throws: ``VirtError``, `.operationFailed` when the domain runs, or is another than one of its name or UUID.
    public func restoreDomain(from path: String, deadline: Duration? = nil) async throws(VirtError) {
        try await perform("virDomainRestoreFlags", deadline: deadline) { connection throws(VirtError) in
            guard virDomainRestoreFlags(connection.raw, path, nil, VIR_DOMAIN_SAVE_PAUSED.rawValue) == 0 else {
                throw VirtError.last("virDomainRestoreFlags")
            }
        }
    }
}
