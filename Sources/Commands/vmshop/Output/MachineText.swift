import ClassAds
import DAGModel
import ShopAPI

/// Machines as people read them.
enum MachineText {
    /// A list of machines.
    static func list(_ machines: [Machine]) -> String {
        guard !machines.isEmpty else { return "no machines" }
        var table = Table("id", "name", "state", "plant", "domain", "owner", "image", "address")
        for machine in machines {
            table.add(
                machine.id.text,
                machine.name,
                machine.state.rawValue,
                machine.plant ?? "-",
                machine.domain,
                machine.owner ?? "-",
                machine.image ?? "-",
                machine.address ?? "-"
            )
        }
        return table.text
    }

    /// Everything about one machine.
    static func whole(_ machine: Machine) -> String {
        var lines = [facts(machine)]
        if !machine.actions.isEmpty { lines += ["", actions(machine.actions)] }
        if let timing = machine.timing, timing.actual != nil { lines += ["", Self.timing(timing)] }
        if machine.attributes.count > 0 { lines += ["", attributes(machine)] }
        if let error = machine.error {
            lines += ["", "failed: \(error.message) [\(error.code.rawValue)]"] + ErrorText.details(error)
        }
        return lines.joined(separator: "\n")
    }

    private static func facts(_ machine: Machine) -> String {
        var table = Table("machine", machine.id.text)
        table.add("name", machine.name)
        table.add("state", machine.state.rawValue)
        table.add("plant", machine.plant ?? "-")
        table.add("domain", machine.domain)
        table.add("image", machine.image ?? "-")
        table.add("address", machine.address ?? "-")
        table.add("created", "\(machine.created)")
        if let ready = machine.ready {
            table.add("ready", "\(ready), after \(seconds(machine.created.seconds(to: ready)))")
        }
        if let lease = machine.leaseUntil { table.add("lease until", "\(lease)") }
        return table.text
    }

    /// What became of the actions.
    static func actions(_ actions: [ActionReport]) -> String {
        var table = Table("action", "operation", "runs in", "status", "exit", "time", "published")
        for action in actions {
            let published = action.outputs.sorted.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
            table.add(
                action.id,
                action.operation,
                action.site.rawValue,
                action.status.rawValue,
                action.exitCode.map(String.init) ?? "-",
                action.seconds.map(seconds) ?? "-",
                published
            )
        }
        return table.text
    }

    /// How long the parts of the work took, beside what was expected.
    private static func timing(_ timing: MachineTiming) -> String {
        var table = Table("step", "expected", "actual")
        for step in timing.steps { table.add(step.name, seconds(step.expected), step.actual.map(seconds) ?? "-") }
        table.add("ready after", seconds(timing.expected), timing.actual.map(seconds) ?? "-")
        return table.text
    }

    /// What happened, in order.
    static func events(_ events: [MachineEvent]) -> String {
        var table = Table("time", "event", "what happened")
        for event in events { table.add("\(event.time)", event.kind.rawValue, event.message) }
        return table.text
    }

    private static func attributes(_ machine: Machine) -> String {
        var table = Table("attribute", "value")
        for (name, value) in machine.attributes.sorted { table.add(name, value.description) }
        return table.text
    }

    /// A duration with one decimal.
    static func seconds(_ value: Double) -> String { "\((value * 10).rounded() / 10) s" }
}
