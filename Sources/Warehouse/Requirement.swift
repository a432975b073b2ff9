/// What an image must have so that machines of it can be used.
public enum Requirement: String, Sendable, Hashable, CaseIterable {
    /// `vmshop-guest`, started at boot; for images of ``GuestKind/runner``.
    case runner = "the guest runner"
    /// cloud-init that reads a seed disk; for images of ``GuestKind/cloudInit``.
    case cloudInit = "cloud-init"
    /// The module `nfsv4` for the guest's kernel.
    case nfsClient = "an NFS client"
    /// Drivers of virtio disks and network cards.
    case virtio = "virtio drivers"
    /// Kernel messages on the serial line.
    case serialConsole = "a serial console"
    /// A memory state in which no network card is plugged in: clones would wake up with one address.
    case noCard = "a memory state without a network card"

    /// What an image of a draft must have.
    static func all(of draft: ImageDraft) -> [Requirement] {
        let guest: Requirement = draft.guest == .runner ? .runner : .cloudInit
        let always: [Requirement] = [guest, .nfsClient, .virtio, .serialConsole]
        return draft.memory == nil ? always : always + [.noCard]
    }
}

/// How an image stands with what it must have.
public struct RequirementReport: Sendable, Hashable {
    /// What was found of one requirement.
    public enum State: Sendable, Hashable {
        /// It is there.
        case met
        /// It is not there: what is missing, and what to do.
        case missing(String, remedy: String)
        /// It could not be looked for, and why.
        case notChecked(String)
    }

    /// One requirement and what was found.
    public struct Finding: Sendable, Hashable {
        /// What an image must have.
        public let requirement: Requirement
        /// What was found.
        public let state: State
    }

    /// All requirements of the image.
    public let findings: [Finding]

    /// What is missing, a line for each.
    public var missing: [String] {
        self.findings.compactMap { finding in
            guard case .missing(let what, let remedy) = finding.state else { return nil }
            return "\(finding.requirement.rawValue): \(what); \(remedy)"
        }
    }

    /// What could not be looked for, a line for each reason.
    public var notChecked: [String] {
        var reasons: [(reason: String, names: [String])] = []
        for case let finding in self.findings {
            guard case .notChecked(let reason) = finding.state else { continue }
            if let place = reasons.firstIndex(where: { $0.reason == reason }) {
                reasons[place].names.append(finding.requirement.rawValue)
            } else {
                reasons.append((reason, [finding.requirement.rawValue]))
            }
        }
        return reasons.map { "not checked: \($0.names.joined(separator: ", ")): \($0.reason)" }
    }
}
