/// The room of simulated sites: real shops and the real wire, with plants that have no hypervisor. It shows what a shop bears
/// and what becomes of requests when plants are slow, full, failing or silent, and drives the benchmarks of the broker.
public enum VMShopSimulator {}
