import MachineBook

extension FaultPoint {
    /// Every point of the shop. A test holds this list against the source, another kills the shop at each.
    package static let names = [
        "create-begun", "create-recorded", "bids-noted", "chosen", "told", "followed", "passed-over", "ready-recorded",
        "failure-recorded", "collection-recorded", "collection-told", "debt-paid", "collected", "gang-begun",
        "gang-recorded", "gang-kept", "gang-placed", "gang-settled", "gang-failed", "gang-unwanted",
    ]
}
