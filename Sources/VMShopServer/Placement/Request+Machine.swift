import DAGModel
import ShopAPI

extension Request {
    /// A machine that is to be placed.
    func machine(_ id: MachineID, _ digest: String) -> Machine {
        let now = Timestamp.now
        return Machine(
            id: id,
            name: name ?? id.text,
            state: .placing,
            domain: client.domain,
            owner: client.user,
            requestDigest: digest,
            created: now,
            leaseUntil: lease.map { now.advanced(by: $0.duration) },
            actions: graph.order().map { ActionReport($0) }
        )
    }
}
