import CostModel
import GRDB
import MachineBook
import ShopAPI

extension Plant {
    /// Notes the machines that the plant was given before it was started anew: shops take those that it does not name for new ones.
    ///
    /// - Throws: What keeps the book from being read.
    func recallNewest() async throws {
        let begin = Timestamp.now.milliseconds - BidFunction.newestWindow.milliseconds
        // An id begins with its time, in ten digits; what follows is larger than nothing.
        var generator = SystemRandomNumberGenerator()
        let least = String(MachineID(at: Timestamp(milliseconds: begin), using: &generator).text.prefix(10))
        let sql = "SELECT id FROM machine WHERE id >= ? ORDER BY id"
        let ids = try await parts.machines.database.read { try String.fetchAll($0, sql: sql, arguments: [least]) }
        await bids.recall(ids.compactMap { MachineID($0) })
    }
}
