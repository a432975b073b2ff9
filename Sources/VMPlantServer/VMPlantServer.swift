/// The room of the plant: the service of one hypervisor host, which makes machines and owns the truth about them.
///
/// - `Plant…`: the machine service, one file for each group of calls.
/// - `Planning/`: from a request to a plan and its price.
/// - `Store/`: the SQLite database: machines, journal, events, learned durations.
/// - `Host/`: what a machine holds on the host, each kind with its acquisition and its release.
/// - `Creation/`: record, act, undo.
/// - `Actions/`: carrying out a graph in the guest and on the host.
/// - `Reconciliation/`: making book and host agree, at start and from time to time.
public enum VMPlantServer {}
