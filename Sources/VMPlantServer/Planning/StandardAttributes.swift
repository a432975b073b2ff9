import ClassAds
import DAGModel
import ShopAPI
import Warehouse

/// The attributes that every machine has, whatever its actions publish (``Output/standardAttributes``).
///
/// `State` and `Plant` are computed when a query is answered, the others are kept.
enum StandardAttributes {
    /// Why the machine stands still; only a machine that does has it.
    static let paused = "Paused"

    /// What is wrong with the outputs of a graph, its recovery graphs included: those that would hide what the plant says
    /// of every machine. Who reads requests refuses them; the plant does not rely on it.
    static func reservedOutputs(of graph: Graph) -> [String] {
        graph.actions.flatMap { action in
            var problems = action.outputs.filter { Output.isReserved($0.name) }
                .map { "output `\($0.name)` of action `\(action.id)` has a name that is taken; rename it" }
            if case .recover(let recovery) = action.onError.then { problems += reservedOutputs(of: recovery) }
            return problems
        }
    }

    /// What is known of a machine once it is planned. Memory and disk are in MiB, as in HTCondor's machine ads.
    static func planned(_ machine: Machine, _ plan: Plan) -> Attributes {
        var attributes = Attributes([
            "Machine": .string(machine.id.text), "Name": .string(machine.name), "Domain": .string(machine.domain),
            "Image": .string(plan.image.manifest.name), "Memory": .integer(plan.hardware.memory >> 20),
            "Cpus": .integer(plan.hardware.cpus), "Disk": .integer(plan.hardware.disk >> 20),
            "Arch": .string(plan.hardware.architecture), "OpSys": .string(plan.hardware.operatingSystem),
            "ImageDigest": .string(plan.image.manifest.contentDigest),
            "Created": .string(machine.created.description),
        ])
        if let owner = machine.owner { attributes["Owner"] = .string(owner) }
        return attributes
    }
}

extension Machine {
    /// The machine as queries see it: with its outputs, and its state and plant of this moment.
    var advertised: Machine {
        var machine = self
        var attributes = Attributes()
        for action in actions where action.status != .failed { attributes.merge(action.outputs) }
        attributes.merge(self.attributes)
        attributes["State"] = .string(state.rawValue)
        attributes["Plant"] = plant.map { .string($0) }
        attributes["Address"] = address.map { .string($0) }
        attributes["Ready"] = ready.map { .string($0.description) }
        machine.attributes = attributes
        return machine
    }
}
