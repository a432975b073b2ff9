import DAGModel
import Logging
import MachineBook
import ShopAPI

extension Shop: GangService {
    func createGang(
        _ id: MachineID,
        _ document: [UInt8],
        count: Int,
        options: CreateOptions
    ) async throws -> Gang {
        guard parts.plants.fence.reason == nil else { throw Fence.silence }
        let request = try await parser.read(document)
        if let known = try await parts.gangs.gang(id) {
            return try known.answer(toRequest: request.digest, count: count)
        }
        let most = parts.settings.maximumPlacements
        guard count <= most else {
            throw ServiceError(
                .callInvalid,
                "this shop places \(most) machines at a time, and a gang is placed at once"
            )
        }
        let gang = Gang(
            id: id,
            name: request.name ?? id.text,
            domain: request.client.domain,
            owner: request.client.user,
            count: count,
            requestDigest: request.digest,
            policy: try chosen(options.policy),
            created: .now
        )
        // After the loss of the shop's book, plants know its machines: the first one is told first.
        for machine in [id, id.advanced(by: 1)] { try await checkUnused(machine) }
        FaultPoint.pass("gang-begun")
        let (stored, isNew) = try await admitted(gang.domain, count) {
            try await parts.machines.write(isPatient: false) { try $0.insert(gang, document) }
        }
        FaultPoint.pass("gang-recorded")
        guard isNew else { return try stored.answer(toRequest: request.digest, count: count) }
        await begin(GangPlacement(shop: self, gang: gang, document: document, request: request))
        return gang
    }

    /// Goes on with a gang that was taken on before.
    func goOn(_ gang: Gang) async throws {
        let document = try await parts.gangs.document(of: gang.id)
        // Its machines are counted one by one.
        if gang.state == .placing { await parts.gate.count(gang.domain, gang.count) }
        await begin(GangPlacement(shop: self, gang: gang, document: document))
    }

    private func begin(_ placement: GangPlacement) async {
        let gang = placement.gang
        let isBegun = await tasks.begin(.creating, on: gang.id) { await placement.run() }
        if !isBegun, gang.state == .placing { await parts.gate.leave(gang.domain, gang.count) }
    }

    /// - Throws: ``ServiceError`` `machine.conflict` where there is a machine of the id, as after the loss of the shop's book.
    private func checkUnused(_ id: MachineID) async throws {
        guard try await known(id) != nil else { return }
        throw ServiceError(
            .machineConflict,
            "there is a machine \(id) already, whose id the gang would use",
            hint: "choose a new id for the gang; `vmshop show \(id)` shows the machine"
        )
    }

    func gang(_ id: MachineID) async throws -> Gang {
        guard let gang = try await parts.gangs.gang(id) else { throw ServiceError.unknownGang(id) }
        return gang
    }

    func gangs(includeGone: Bool) async throws -> [Gang] {
        let gone: Set<MachineState> = [.failed, .collected]
        return try await parts.gangs.gangs(in: Set(MachineState.allCases).subtracting(includeGone ? [] : gone))
    }

    func collectGang(_ id: MachineID) async throws -> Gang {
        let gang = try await parts.machines.write { transaction in
            try transaction.updateGang(id) { if $0.state != .collected { try $0.become(.collecting) } }
        }
        guard gang.state == .collecting else { return gang }
        FaultPoint.pass("gang-unwanted")
        await tasks.supersede(with: .collecting, on: id) { await goOnCollecting(gang) }
        await tasks.join(id)
        let left = try await self.gang(id)
        guard left.state == .collecting else { return left }
        throw ServiceError(
            .unavailable,
            "not all machines of gang \(id) are collected yet",
            hint: "the shop goes on trying; `vmshop gang show \(id)` tells which are left"
        )
    }

    /// Begins to collect what is left of a gang that is not wanted, unless somebody is at it.
    func collectAgain(_ gang: Gang) async {
        await tasks.begin(.collecting, on: gang.id) { await goOnCollecting(gang) }
    }

    private func goOnCollecting(_ gang: Gang) async {
        await giveBackPlaces(of: gang)
        do {
            _ = try await collectMachines(of: gang)
            let isGone = try await machines(of: gang).allSatisfy { $0.machine.state == .collected }
            try await parts.machines.write { transaction in
                try transaction.updateGang(gang.id) { if isGone, $0.state == .collecting { try $0.become(.collected) } }
            }
        } catch {
            parts.logger.warning("gang not collected", metadata: ["gang": "\(gang.id)", "error": "\(error)"])
        }
    }

    /// Collects the machines that there are of a gang.
    ///
    /// - Returns: Why not all are collected; nothing when they are.
    func collectMachines(of gang: Gang) async throws -> ServiceError? {
        try await withThrowingTaskGroup(of: ServiceError?.self) { group in
            var failure: ServiceError?
            for (index, id) in try await machines(of: gang).map(\.id).enumerated() {
                if index >= Self.atOnce, let error = try await group.next() { failure = failure ?? error }
                group.addTask {
                    do {
                        _ = try await collect(id)
                        return nil
                    } catch let error as ServiceError {
                        return error
                    }
                }
            }
            for try await error in group { failure = failure ?? error }
            return failure
        }
    }

    /// Gives back the places that are kept for a gang. Those that were just being asked for may be kept all the same: they are free
    /// again when their time is over.
    func giveBackPlaces(of gang: Gang) async {
        await withDiscardingTaskGroup { group in
            for id in gang.machines {
                group.addTask { try? await release(reservation: id) }
            }
        }
    }

    /// So many machines of a gang are told to a plant, or collected, at a time.
    static let atOnce = 32

    /// The rows of the machines that there are of a gang.
    func machines(of gang: Gang) async throws -> [ShopRecord] {
        let last = gang.id.advanced(by: gang.count)
        return try await parts.machines.records(
            in: Set(MachineState.allCases),
            after: gang.id,
            through: last,
            documents: false
        )
    }
}
