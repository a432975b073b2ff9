import ClassAds
import MachineBook
import ShopAPI
import Testing
import VMShopTesting
import Warehouse

@testable import VMPlantServer

/// The built plant is killed at every fault point there is and started again. libvirt's test driver keeps its domains in
/// the process, so they die with it, as in a power cut of the host; everything else is on disk.
@Suite("a plant that is killed at any instant", .timeLimit(.minutes(5)))
struct CrashSweepTests {
    /// libvirt's test driver refuses to attach disks and saves no machines, so a plant on it never gets to these: they are
    /// swept on real hosts. For transfers see ``ImageCrashTests``.
    private static func isSweptElsewhere(_ point: String) -> Bool {
        ["acquire-data-disk-acted", "acquire-data-disk-held"].contains(point) || point.hasPrefix("warm-")
            || point.hasPrefix("spare-") || point.hasPrefix("take-")
            || point.hasPrefix("fetch-")
    }
    private static let points = FaultPoint.names.filter { !isSweptElsewhere($0) }
    private static let turnstile = Turnstile(width: 5)

    @Test("finishes or undoes what was under way, and leaks nothing", arguments: points)
    func sweep(point: String) async throws {
        try await Self.turnstile.pass {
            try await TemporaryDirectory.with { directory in
                try await PlantFixture.prepare(directory)
                try await PlantFixture.publish(image: "cloud", in: directory, guest: .cloudInit)
                let guests = GuestProcesses(shares: directory("state/shares"))
                async let serving: Void = guests.serve()
                do {
                    try await Self.sweep(point, directory)
                } catch {
                    Issue.record("\(point): \(error)\n\(directory.read("plant.log") ?? "")")
                }
                await guests.end()
                await serving
            }
        }
    }

    private static func sweep(_ point: String, _ directory: TemporaryDirectory) async throws {
        let id = MachineID.new()
        let isInCollection = point.hasPrefix("release-") || point.hasPrefix("collect-")
        let first = try await PlantProcess.start(in: directory, killedAt: point)
        try await first.waitUntilReady()
        let isLeased = point.hasPrefix("lease-")
        let request = document(
            fails: point == "undone",
            disk: !point.hasPrefix("publish-"),
            lease: isLeased ? #"duration="1h" at-end="suspend""# : nil
        )
        if point.hasPrefix("reserve-") {
            await #expect(throws: ServiceError.self) {
                _ = try await first.client.reserve(id, request, policy: nil)
                try await first.client.release(reservation: id)
            }
        }
        let created = try? await first.client.create(id, request, options: .init())
        if isInCollection {
            let machine = try await first.client.settled(id)
            #expect(machine.state == .ready, "\(String(describing: machine.error))")
            await #expect(throws: ServiceError.self) { try await first.client.collect(id) }
        }
        if isLeased { try await lease(id, point, first) }
        if point.hasPrefix("publish-") {
            let machine = try await first.client.settled(id)
            #expect(machine.state == .ready, "\(String(describing: machine.error))")
            await #expect(throws: ServiceError.self) {
                try await first.client.publishImage(of: id, as: "made", replace: false)
            }
        }
        try await first.process.diesAtFaultPoint()

        let second = try await PlantProcess.start(in: directory)
        do {
            try await converge(id, to: expected(point), second)
            #expect(created == nil || point != "create-begun")
            let kept = try await second.client.status().details["reservations"]
            #expect(kept == (point == "reserve-kept" ? "1" : "0"), "\(point): \(kept ?? "?")")
            let gone = try await second.client.collect(id)
            #expect(gone.state == .collected)
            let census = try PlantCensus(directory)
            #expect(census.isEmpty, "\(point): \(census)")
            let created = await expect(code: .machineCollected) {
                try await second.client.create(id, document(fails: false), options: .init())
            }
            #expect(created != nil)
        } catch {
            try await second.kill()
            throw error
        }
        try await second.kill()
    }

    /// Brings a machine that is ready to the point of its lease.
    private static func lease(_ id: MachineID, _ point: String, _ plant: PlantProcess) async throws {
        #expect(try await plant.client.settled(id).state == .ready)
        guard point != "lease-recorded" else {
            await #expect(throws: ServiceError.self) { try await plant.client.setLease(of: id, to: .seconds(3)) }
            return
        }
        _ = try await plant.client.setLease(of: id, to: .seconds(3))
        guard point == "lease-resumed" else { return }
        try await Eventually.holds("the machine stands still") {
            try await plant.client.machine(id).attributes["Paused"] == .string("its lease is over")
        }
        await #expect(throws: ServiceError.self) { try await plant.client.setLease(of: id, to: .seconds(3_600)) }
    }

    /// Waits for the state that a machine must come to: within 10 s, as is promised, and once more that long, since five
    /// plants of this test are at it at once.
    private static func converge(_ id: MachineID, to states: Set<MachineState>, _ plant: PlantProcess) async throws {
        try await plant.waitUntilReady()
        guard !states.isEmpty else {
            await expect(code: .machineUnknown) { try await plant.client.machine(id) }
            return
        }
        try await Eventually.holds("\(id) becomes \(states)", within: .seconds(20)) {
            states.contains(try await plant.client.machine(id).state)
        }
    }

    /// What must become of a machine; nothing where its creation was not accepted yet.
    private static func expected(_ point: String) -> Set<MachineState> {
        switch point {
        case "create-begun": []
        case _ where point.hasPrefix("reserve-"): []
        // It was ready, and its domain went with the process.
        case "registered": [.lost]
        case _ where point.hasPrefix("publish-") || point.hasPrefix("lease-"): [.lost]
        case "undone": [.failed]
        case _ where point.hasPrefix("release-") || point.hasPrefix("collect-"): [.collected]
        default: [.ready]
        }
    }

    private static func document(fails: Bool, disk isWanted: Bool = true, lease: String? = nil) -> [UInt8] {
        let one = RequestText.action("one", fails ? "exit 1" : "echo one")
        guard isWanted else { return RequestText.document([one], image: "cloud") }
        let disk =
            #"<action id="disk" run="host" operation="attach-disk"><parameter name="SIZE">1MiB</parameter>"#
            + "<on-error><continue/></on-error></action>"
        return RequestText.document([disk, one], image: "cloud", lease: lease)
    }
}
