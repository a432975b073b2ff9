import CLibvirt
import Glibc

extension VirtConnection {
    /// Defines a domain, or redefines the one with the document's name and UUID.
    ///
    /// - Parameter xml: The domain's document; libvirt checks it against its schema where it can.
    /// - Throws: ``VirtError``; `.xml`, `.configurationUnsupported` or `.operationFailed` (name taken) for instance.
    public func defineDomain(_ xml: String) async throws(VirtError) {
        try await perform("virDomainDefineXMLFlags") { connection throws(VirtError) in
            guard let raw = virDomainDefineXMLFlags(connection.raw, xml, 0) else {
                throw VirtError.last("virDomainDefineXMLFlags")
            }
            _ = DomainHandle(adopting: raw)
        }
    }

    /// Starts a defined domain.
    ///
    /// - Parameters:
    ///   - name: The domain's name.
    ///   - deadline: How long it may take.
    /// - Throws: ``VirtError``, `.operationInvalid` when it runs already.
    public func createDomain(_ name: String, deadline: Duration? = nil) async throws(VirtError) {
        try await onDomain(name, "virDomainCreate", deadline) { virDomainCreate($0) }
    }

    /// Asks the guest to power off by ACPI, and does not wait until it has.
    ///
    /// - Parameter name: The domain's name.
    /// - Throws: ``VirtError``, `.operationInvalid` when it does not run.
    public func shutdownDomain(_ name: String) async throws(VirtError) {
        let how = UInt32(VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN.rawValue)
        let flags = isLocal ? 0 : how  // the test driver knows no flags
        try await onDomain(name, "virDomainShutdownFlags") { virDomainShutdownFlags($0, flags) }
    }

    /// Ends a running domain at once. A QEMU that does not react to SIGTERM is killed by libvirt after some 10 s.
    ///
    /// - Parameters:
    ///   - name: The domain's name.
    ///   - deadline: How long it may take.
    /// - Throws: ``VirtError``, `.operationInvalid` when it does not run.
    public func destroyDomain(_ name: String, deadline: Duration? = nil) async throws(VirtError) {
        try await onDomain(name, "virDomainDestroyFlags", deadline) { virDomainDestroyFlags($0, 0) }
    }

    /// Makes a running domain stand still.
    ///
    /// - Parameter name: The domain's name.
    /// - Throws: ``VirtError``, `.operationInvalid` when it does not run.
    public func suspendDomain(_ name: String) async throws(VirtError) {
        try await onDomain(name, "virDomainSuspend") { virDomainSuspend($0) }
    }

    /// Lets a domain that stands still go on.
    ///
    /// - Parameter name: The domain's name.
    /// - Throws: ``VirtError``, `.operationInvalid` when it does not stand still.
    public func resumeDomain(_ name: String) async throws(VirtError) {
        try await onDomain(name, "virDomainResume") { virDomainResume($0) }
    }

    /// Forgets a domain, with its saved state, firmware variables and the like.
    ///
    /// - Parameter name: The domain's name. One that runs becomes transient.
    /// - Throws: ``VirtError``
    public func undefineDomain(_ name: String) async throws(VirtError) {
        var flags = VIR_DOMAIN_UNDEFINE_MANAGED_SAVE.rawValue | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA.rawValue
        if !isLocal {  // the test driver does not know these
            flags |= VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA.rawValue | VIR_DOMAIN_UNDEFINE_NVRAM.rawValue
        }
        try await onDomain(name, "virDomainUndefineFlags") { [flags] in virDomainUndefineFlags($0, flags) }
    }

    /// One domain.
    ///
    /// - Parameters:
    ///   - name: The domain's name.
    ///   - namespace: The namespace of the metadata element to read as well.
    /// - Returns: What is known of it, `nil` when there is none.
    /// - Throws: ``VirtError``
    public func domain(named name: String, metadata namespace: String? = nil) async throws(VirtError) -> VirtDomain? {
        try await perform("virDomainLookupByName", reads: true) { connection throws(VirtError) -> VirtDomain? in
            do throws(VirtError) {
                return try DomainHandle(name, on: connection).summary(metadata: namespace)
            } catch {
                if error.code == .noDomain { return nil }
                throw error
            }
        }
    }

    /// The processor time that a domain has used since its start (`virDomainGetInfo`).
    ///
    /// - Parameter name: The domain's name.
    /// - Returns: The time, `nil` for a domain that does not run, and for none.
    /// - Throws: ``VirtError``
    public func processorTime(of name: String) async throws(VirtError) -> Duration? {
        try await perform("virDomainGetInfo", reads: true) { connection throws(VirtError) -> Duration? in
            do throws(VirtError) {
                let domain = try DomainHandle(name, on: connection)
                var info = virDomainInfo()
                try domain.check("virDomainGetInfo") { virDomainGetInfo($0, &info) }
                guard UInt32(info.state) != VIR_DOMAIN_SHUTOFF.rawValue else { return nil }
                return .nanoseconds(Int64(clamping: info.cpuTime))
            } catch {
                if error.code == .noDomain { return nil }
                throw error
            }
        }
    }

    /// All domains, running or not, by name: one question for all of them, and one more for each whose metadata is read.
    ///
    /// - Parameters:
    ///   - namespace: The namespace of the metadata element to read as well.
    ///   - isRead: Whether that of a domain is read; it gets the domain without.
    /// - Returns: The domains; one that vanishes meanwhile is left out.
    /// - Throws: ``VirtError``
    public func domains(
        metadata namespace: String? = nil,
        where isRead: @escaping @Sendable (VirtDomain) -> Bool = { _ in true }
    ) async throws(VirtError) -> [VirtDomain] {
        let operation = "virConnectGetAllDomainStats"
        return try await perform(operation, reads: true) { connection throws(VirtError) -> [VirtDomain] in
            var list: UnsafeMutablePointer<virDomainStatsRecordPtr?>?
            let count = virConnectGetAllDomainStats(connection.raw, VIR_DOMAIN_STATS_STATE.rawValue, &list, 0)
            guard count >= 0 else { throw VirtError.last(operation) }
            defer { virDomainStatsRecordListFree(list) }
            var found: [VirtDomain] = []
            for case let record? in UnsafeBufferPointer(start: list, count: Int(count)) {
                guard var domain = VirtDomain(record.pointee) else { continue }
                do throws(VirtError) {
                    if let namespace, isRead(domain) { domain.metadata = try Self.metadata(namespace, record.pointee) }
                } catch {
                    if error.code == .noDomain { continue }
                    throw error
                }
                found.append(domain)
            }
            return found.sorted { $0.name < $1.name }
        }
    }

    private static func metadata(
        _ namespace: String,
        _ record: virDomainStatsRecord
    ) throws(VirtError) -> String? {
        guard virDomainRef(record.dom) == 0 else { throw VirtError.last("virDomainRef") }
        return try DomainHandle(adopting: record.dom).metadata(namespace: namespace)
    }

    /// A domain's document.
    ///
    /// - Parameters:
    ///   - name: The domain's name.
    ///   - inactive: Whether to give the document of its next start instead of that of its run.
    /// - Returns: The document as XML.
    /// - Throws: ``VirtError``, `.noDomain` when there is none.
    public func domainXML(_ name: String, inactive: Bool = false) async throws(VirtError) -> String {
        try await perform("virDomainGetXMLDesc", reads: true) { connection throws(VirtError) -> String in
            let domain = try DomainHandle(name, on: connection)
            let flags = inactive ? VIR_DOMAIN_XML_INACTIVE.rawValue : 0
            guard let text = virDomainGetXMLDesc(domain.raw, flags) else {
                throw VirtError.last("virDomainGetXMLDesc")
            }
            return CText.take(text)
        }
    }

    /// Makes a call that takes a domain and answers with a number.
    func onDomain(
        _ name: String,
        _ operation: String,
        _ deadline: Duration? = nil,
        _ call: @escaping @Sendable (virDomainPtr) -> Int32
    ) async throws(VirtError) {
        try await perform(operation, deadline: deadline) { connection throws(VirtError) in
            try DomainHandle(name, on: connection).check(operation, call)
        }
    }
}
