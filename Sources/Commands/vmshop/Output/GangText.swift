import CostModel
import ShopAPI

/// Gangs as people read them.
enum GangText {
    /// A list of gangs.
    static func list(_ gangs: [Gang]) -> String {
        guard !gangs.isEmpty else { return "no gangs" }
        var table = Table("id", "name", "state", "machines", "domain", "owner", "created")
        for gang in gangs {
            table.add(
                gang.id.text,
                gang.name,
                gang.state.rawValue,
                String(gang.count),
                gang.domain,
                gang.owner ?? "-",
                "\(gang.created)"
            )
        }
        return table.text
    }

    /// A gang with its machines, as they are written for programs.
    struct Whole: Encodable {
        var gang: Gang
        var machines: [Machine]
    }

    /// Prints a gang and the machines that there are of it.
    static func print(_ gang: Gang, _ client: MachineClient, _ output: OutputOptions) async throws {
        let machines = try await machines(of: gang, client)
        try output.print(Whole(gang: gang, machines: machines), root: "gang") { whole(gang, machines) }
    }

    /// The machines that there are of a gang.
    static func machines(of gang: Gang, _ client: MachineClient) async throws -> [Machine] {
        var (page, machines) = (gang.page, [Machine]())
        let last = gang.id.advanced(by: gang.count)
        while machines.count < gang.count {
            page.limit = min(MachinePage.usualLimit, gang.count - machines.count)
            let next = try await client.page(page)
            machines += next.filter { $0.id <= last }
            guard next.count == page.limit, let end = next.last?.id, end < last else { break }
            page.after = end
        }
        return machines
    }

    private static func whole(_ gang: Gang, _ machines: [Machine]) -> String {
        var table = Table("gang", gang.id.text)
        table.add("name", gang.name)
        table.add("state", gang.state.rawValue)
        table.add("machines", String(gang.count))
        table.add("domain", gang.domain)
        table.add("policy", gang.policy.text)
        table.add("created", "\(gang.created)")
        var lines = [table.text]
        if !machines.isEmpty { lines += ["", MachineText.list(machines)] }
        if let error = gang.error {
            lines += ["", "failed: \(error.message) [\(error.code.rawValue)]"] + ErrorText.details(error)
        }
        return lines.joined(separator: "\n")
    }
}
