import CostModel
import DAGModel
import Hypervisor
import NetStore
import ShopAPI
import Warehouse

/// Turns a request into a plan, or into every reason why this plant cannot take it. Reads, and changes nothing.
struct Planner: Sendable {
    let settings: PlantSettings
    let warehouse: Warehouse
    let claims: ClaimBook
    let space: FreeSpace
    let hypervisor: any Hypervisor
    let durations: DurationBook
    let images: PlantImages
    let pool: SparePool

    /// A plan, or the reasons against it.
    enum Answer: Sendable {
        case plan(Plan)
        case refused([String])
    }

    /// Plans a request.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - machine: The machine that it is for, if that is known: a place that is kept for it is free for it.
    ///   - isRedo: Whether a machine is made anew. It has its place and its address already, so none must be free.
    /// - Returns: The plan, or every reason against one.
    /// - Throws: What keeps the plant's own book from being read.
    func plan(_ request: Request, for machine: MachineID? = nil, isRedo: Bool = false) async throws -> Answer {
        var reasons = StandardAttributes.reservedOutputs(of: request.graph)
        // The book is asked while the images are looked through.
        async let known = room(for: request, machine)
        let graph = request.graph
        let expected = try await durations.expected(zip(graph.actions, graph.keys).map(DurationSubject.action))
        let capabilities = await askHypervisor(&reasons)
        let elsewhere = await images.elsewhere()
        let choice = await chooseImage(request, expected.map(\.seconds), capabilities, elsewhere, &reasons)
        let capacity = PlantCapacity(settings, on: capabilities)
        let (room, problem) = try await known
        guard let choice else {
            let lacks = room?.lacks(for: .nothing, of: capacity, domain: request.client.domain) ?? problem
            return .refused(reasons + (isRedo ? [] : lacks + [lack(of: request, on: capabilities)].compactMap(\.self)))
        }
        var plan = await compose(request, choice, elsewhere.transfer(of: choice.image), capacity, room)
        if !isRedo {
            reasons += room?.lacks(for: plan.claim, of: capacity, domain: request.client.domain) ?? problem
            reasons += [await space.lack(), lack(of: request, on: capabilities)].compactMap(\.self)
        }
        plan.expected = Dictionary(zip(graph.actions.map(\.id), expected)) { first, _ in first }
        if let kind = SpareKind(plan, domain: request.client.domain) { plan.hasSpare = await pool.hasReady(kind) }
        reasons += unrecordedOutputs(plan)
        if let capabilities { check(plan, against: capabilities, &reasons) }
        return reasons.isEmpty ? .plan(plan) : .refused(reasons)
    }

    /// What a plan asks of the plant, with the durations learned so far.
    func work(of plan: Plan) async throws -> PlannedWork {
        let image = plan.image.manifest
        let start = plan.hasSpare ? DurationBook.Subject.taking(image) : DurationBook.Subject.start(of: image)
        let boot = try await durations.expected(start)
        let actions = plan.left.map { action in
            ActionWork(id: action.id, expected: plan.expected[action.id] ?? ExpectedDuration(assumed: 0))
        }
        let clone = plan.hasSpare ? Self.none(of: image) : plan.clone
        return PlannedWork(transfer: plan.transfer, clone: clone, boot: boot, actions: actions)
    }
}

extension Planner {
    private func chooseImage(
        _ request: Request,
        _ seconds: [Double],
        _ host: HypervisorCapabilities?,
        _ elsewhere: RemoteImages,
        _ reasons: inout [String]
    ) async -> ImageChoice? {
        do {
            let time = try await readyTime(seconds)
            let (start, graph, settings) = (request.start, request.graph, settings)
            let obstacle: @Sendable (ImageManifest) async -> String? = {
                MemoryFit.obstacle($0, on: host, settings: settings)
            }
            let here = try await warehouse.select(start: start, graph: graph, time: time, obstacle: obstacle)
            let best = await here.orBetter(
                on: elsewhere.shelf,
                start: start,
                graph: graph,
                time: time.adding { elsewhere.transfer(ofImageNamed: $0.name)?.expectedSeconds ?? 0 },
                obstacle: obstacle
            )
            switch best {
            case .chosen(let choice): return choice
            case .refused(let misfits) where misfits.isEmpty: reasons.append("its warehouse holds no image")
            case .refused(let misfits): reasons += misfits.map(\.description)
            }
        } catch {
            reasons.append("its warehouse cannot be read: \((error as? WarehouseError)?.message ?? "\(error)")")
        }
        return nil
    }

    /// By what has been learned here, how soon a machine of each image would be ready; the seconds are those of the actions.
    private func readyTime(_ seconds: [Double]) async throws -> ReadyTime {
        let starts = try await durations.starts()
        // Where one of these cannot be, an overlay takes its place, which is as fast as a reflink.
        let method = CloneMethod(rawValue: settings.clone) ?? .overlay
        let least = CloneWork(method: method, bytes: 0).expectedSeconds + starts.least
        return ReadyTime(actions: seconds, least: least) { image in
            CloneWork(method: method, bytes: image.diskBytes).expectedSeconds + starts.seconds(of: image)
        }
    }

    /// No disk has to be made.
    private static func none(of image: ImageManifest) -> CloneWork {
        CloneWork(method: .spare, bytes: image.disk.bytes, reason: "a machine of it stands ready")
    }

    /// Outputs that reused actions promise and the image records with another type; one that lacks them is not chosen.
    private func unrecordedOutputs(_ plan: Plan) -> [String] {
        plan.reused.flatMap { action in
            let published = plan.recordedOutputs[action.id] ?? [:]
            return PublishedOutputs(declared: action.outputs, published: published).problems.map { problem in
                "image \(plan.image.manifest.name) has action `\(action.id)` done, but its manifest does not say what it "
                    + "published: \(problem)"
            }
        }
    }

    /// What the request requires of the plant and the plant is not.
    private func lack(of request: Request, on host: HypervisorCapabilities?) -> String? {
        request.requirements?.lack(of: PlantAttributes.all(settings, on: host))
    }

    private func askHypervisor(_ reasons: inout [String]) async -> HypervisorCapabilities? {
        do {
            return try await hypervisor.capabilities()
        } catch {
            reasons.append("the hypervisor cannot be used: \(error.message)")
            return nil
        }
    }

    /// The room that there is, or why that cannot be said.
    private func room(
        for request: Request,
        _ machine: MachineID?
    ) async throws -> (room: ClaimBook.Room?, problem: [String]) {
        do {
            return (try await claims.room(forDomain: request.client.domain, machine: machine), [])
        } catch let error as NetStoreError {
            return (nil, ["the address book refuses: \(error.message)"])
        }
    }

    private func compose(
        _ request: Request,
        _ choice: ImageChoice,
        _ transfer: TransferWork?,
        _ capacity: PlantCapacity,
        _ room: ClaimBook.Room?
    ) async -> Plan {
        let image = choice.image.manifest
        let wanted = request.start.hardware
        let hardware = PlannedHardware(
            memory: wanted.memory?.bytes ?? image.memory?.memory.bytes
                ?? max(settings.defaultMemory, image.hardware.minimumMemory?.bytes ?? 0),
            cpus: wanted.cpus ?? image.memory?.cpus ?? 1,
            disk: choice.diskSize,
            architecture: wanted.architecture ?? image.hardware.architecture,
            operatingSystem: image.operatingSystem ?? "unknown"
        )
        let claim = ResourceClaim(
            memory: hardware.memory,
            cpus: hardware.cpus,
            disk: hardware.disk + request.graph.dataDiskBytes
        )
        return Plan(
            image: choice.image,
            hardware: hardware,
            transfer: transfer,
            clone: await cloneWork(choice),
            reused: choice.reused,
            left: choice.left,
            recordedOutputs: choice.recordedOutputs,
            claim: claim,
            capacity: capacity,
            load: PlantLoad(room, with: claim, of: capacity),
            passedOver: choice.misfits
        )
    }

    /// How the disk is made, and why so.
    private func cloneWork(_ choice: ImageChoice) async -> CloneWork {
        guard choice.image.source != .elsewhere else {
            // What the file system can do with it is not known before it is here.
            let method: CloneMethod = settings.clone == "copy" ? .copy : .overlay
            let reason = "as soon as the image is here"
            return CloneWork(method: method, bytes: choice.image.manifest.disk.bytes, reason: reason)
        }
        let way = await warehouse.cloneChoice(
            for: choice.image,
            virtualSize: choice.diskSize,
            in: MachineFiles.root(settings.stateDirectory),
            wish: DiskCloneMethod(rawValue: settings.clone)
        )
        let method = CloneMethod(rawValue: way.method.rawValue) ?? .overlay
        return CloneWork(method: method, bytes: choice.image.manifest.disk.bytes, reason: way.reason)
    }

    private func check(_ plan: Plan, against host: HypervisorCapabilities, _ reasons: inout [String]) {
        if plan.capacity.memory == nil, plan.hardware.memory > host.hostMemory {
            reasons.append(
                "it has \(ByteCount(bytes: (host.hostMemory >> 20) << 20)) of memory, the machine wants \(ByteCount(bytes: plan.hardware.memory))"
            )
        }
        if plan.hardware.cpus > host.hostCPUs {
            reasons.append("it has \(host.hostCPUs) processors, the machine wants \(plan.hardware.cpus)")
        }
        if plan.hardware.architecture != host.architecture, host.type != "test" {
            reasons.append("its architecture is \(host.architecture), the machine's \(plan.hardware.architecture)")
        }
    }
}
